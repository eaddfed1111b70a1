import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAudioSpecificConfig } from '../../../src/codec/aac/audio-specific-config.ts';
import { parseMp3Frame } from '../../../src/codec/mp3/mp3-frame.ts';
import { parseOpusHead } from '../../../src/codec/opus/opus-head.ts';

// Rows with a source say so; the others follow the tables of ISO/IEC 14496-3.
const configs: [string, string, Record<string, unknown>][] = [
  [
    'LC 44.1 kHz stereo (OBS)',
    '1210',
    { objectType: 2, sampleRate: 44100, channels: 2, hasSbr: false, outputSampleRate: 44100 },
  ],
  [
    'LC 48 kHz mono (ffmpeg), "no SBR" said explicitly',
    '118856e500',
    { sampleRate: 48000, channels: 1, hasSbr: false },
  ],
  ['LC 44.1 kHz 5.1 (ffmpeg)', '123056e500', { channelConfiguration: 6, channels: 6 }],
  ['LC 32 kHz (ffmpeg)', '129056e500', { sampleRate: 32000 }],
  [
    'program config element of six channels (ffmpeg, hexagonal)',
    '118004c808002008840c4c61766336312e332e31303056e500',
    { sampleRate: 48000, channelConfiguration: 0, channels: 6, hasSbr: false },
  ],
  ['7.1', '11b8', { channelConfiguration: 7, channels: 8 }],
  [
    'HE-AAC, hierarchical',
    '2b920800',
    { objectType: 2, sampleRate: 22050, hasSbr: true, hasPs: false, outputSampleRate: 44100, channels: 2 },
  ],
  [
    'HE-AAC v2, hierarchical',
    'eb8a0800',
    { objectType: 2, sampleRate: 22050, hasSbr: true, hasPs: true, outputSampleRate: 44100, channels: 1 },
  ],
  [
    'HE-AAC, backward compatible',
    '139056e5a0',
    { objectType: 2, sampleRate: 22050, hasSbr: true, hasPs: false, outputSampleRate: 44100 },
  ],
  [
    'HE-AAC v2, backward compatible',
    '138856e5a54880',
    { sampleRate: 22050, hasSbr: true, hasPs: true, outputSampleRate: 44100, channels: 1 },
  ],
  ['rate of its own', '17800fa010', { sampleRate: 8000, channels: 2 }],
  ['object type 42 (xHE-AAC) by escape', 'f9468000', { objectType: 42 }],
];

test.each(configs)('AudioSpecificConfig: %s', (_name, hex, expected) => {
  expect(parseAudioSpecificConfig(Buffer.from(hex, 'hex'))).toMatchObject(expected);
});

test.each([
  ['nothing', ''],
  ['one byte', '12'],
  ['reserved rate 13', '1690'],
  ['rate 0', '1780000010'],
  ['reserved channels 8', '1240'],
  ['HE-AAC cut off', '2b'],
])('AudioSpecificConfig refused: %s', (_name, hex) => {
  expect(parseAudioSpecificConfig(Buffer.from(hex, 'hex'))).toBeUndefined();
});

test.each([
  ['MPEG-1 layer 3, 128 kbit/s, 44.1 kHz stereo', 'fffb9000', [3, 44100, 2, 128]],
  ['MPEG-1 layer 3, 48 kHz mono', 'fffb94c0', [3, 48000, 1, 128]],
  ['MPEG-2 layer 3, 64 kbit/s, 22.05 kHz', 'fff38000', [3, 22050, 2, 64]],
  ['MPEG-2.5 layer 3, 8 kHz', 'ffe318c4', [3, 8000, 1, 8]],
  ['MPEG-1 layer 2, 192 kbit/s', 'fffda000', [2, 44100, 2, 192]],
  ['MPEG-1 layer 1', 'ffff1000', [1, 44100, 2, 32]],
  ['free format', 'fffb0000', [3, 44100, 2, 0]],
])('MP3: %s', (_name, hex, [layer, sampleRate, channels, bitrateKbps]) => {
  expect(parseMp3Frame(Buffer.from(hex, 'hex'))).toEqual({ layer, sampleRate, channels, bitrateKbps });
});

test.each([
  ['cut off', 'fffb90'],
  ['no sync', 'fe1b9000'],
  ['reserved version', 'ffeb9000'],
  ['reserved layer', 'fff99000'],
  ['bitrate 15', 'fffbf000'],
  ['rate 3', 'fffb9c00'],
])('MP3 refused: %s', (_name, hex) => {
  expect(parseMp3Frame(Buffer.from(hex, 'hex'))).toBeUndefined();
});

test('OpusHead (libopus by ffmpeg 7.0.2)', () => {
  const head = Buffer.from('4f707573486561640102380180bb0000000000', 'hex');
  expect(parseOpusHead(head)).toEqual({ channels: 2, preSkip: 312, inputSampleRate: 48000 });
  for (let length = 0; length < head.length; length++) {
    expect(parseOpusHead(head.subarray(0, length))).toBeUndefined();
  }
  expect(parseOpusHead(Buffer.from(head).fill(0x10, 8, 9))).toBeUndefined();
  expect(parseOpusHead(Buffer.from(head).fill(0, 9, 10))).toBeUndefined();
});

test('random bytes never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
      const bytes = Buffer.from(data);
      parseAudioSpecificConfig(bytes);
      parseMp3Frame(bytes);
      parseMp3Frame(Buffer.concat([Buffer.from([0xff]), bytes]));
      parseOpusHead(Buffer.concat([Buffer.from('OpusHead'), bytes]));
    }),
    { numRuns: 3000 },
  );
});
