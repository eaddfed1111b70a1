import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AudioTag, parseAudioTag } from '../../../src/media/audio-tag.ts';
import { tagBytes } from './tag-bytes.ts';

// The enhanced rows follow the tables of Enhanced RTMP v2 ("ExAudioTagHeader", "ExAudioTagBody").
const carried: [string, string, Partial<AudioTag>][] = [
  [
    'AAC sequence header',
    'af 00 1210',
    { codec: 'aac', isSequenceHeader: true, headerSampleRate: 44100, headerChannels: 2, dataOffset: 2 },
  ],
  ['AAC frame', 'af 01 21', { codec: 'aac', isSequenceHeader: false, packetType: 'coded-frames' }],
  ['MP3, 22 kHz mono', '2a ff', { codec: 'mp3', headerSampleRate: 22050, headerChannels: 1, dataOffset: 1 }],
  ['MP3 8 kHz', 'ee ff', { codec: 'mp3' }],
  ['Speex', 'b6', { codec: 'speex', headerSampleRate: 11025 }],
  ['Nellymoser 16 kHz', '42', { codec: 'nellymoser', headerSampleRate: 5512 }],
  ['Nellymoser', '62', { codec: 'nellymoser' }],
  ['G.711 A-law', '72 00', { codec: 'g711a' }],
  ['G.711 mu-law', '82 00', { codec: 'g711u' }],
  ['PCM', '3e 00', { codec: 'pcm' }],
  ['ADPCM', '1e 00', { codec: 'adpcm' }],
  ['Opus as CDNs send it', 'df 00', { codec: 'opus' }],
  [
    'Opus SequenceStart',
    "90 'Opus' 'OpusHead'",
    { codec: 'opus', isSequenceHeader: true, isEnhanced: true, dataOffset: 5, headerSampleRate: 0 },
  ],
  ['Opus CodedFrames', "91 'Opus' fc", { codec: 'opus', isSequenceHeader: false }],
  ['Opus SequenceEnd', "92 'Opus'", { packetType: 'sequence-end' }],
  ['fLaC', "91 'fLaC' 00", { codec: 'flac' }],
  ['ac-3', "91 'ac-3' 00", { codec: 'ac3' }],
  ['ec-3', "91 'ec-3' 00", { codec: 'eac3' }],
  ['mp4a SequenceStart', "90 'mp4a' 1210", { codec: 'aac', isSequenceHeader: true, dataOffset: 5 }],
  ['.mp3', "91 '.mp3' ff", { codec: 'mp3' }],
  ['MultichannelConfig', "94 'Opus' 00", { packetType: 'multichannel-config', isSequenceHeader: false }],
  ['ModEx before CodedFrames', "97 02 0f4240 01 'Opus' 00", { codec: 'opus', dataOffset: 10 }],
  ['Multitrack, one track', "95 01 'mp4a' 00 21", { codec: 'aac', trackId: 0, dataOffset: 7 }],
  ['Multitrack header of track 2', "95 00 'mp4a' 02 1210", { trackId: 2, isSequenceHeader: false }],
  [
    'Multitrack, many codecs, track 0 second',
    "95 20 'Opus' 01 000001 aa 'mp4a' 00 000002 1210",
    { codec: 'aac', trackId: 0, isSequenceHeader: true, dataOffset: 19 },
  ],
];

test.each(carried)('%s', (_name, text, expected) => {
  expect(parseAudioTag(tagBytes(text))).toMatchObject({ type: 'audio', ...expected });
});

const dropped: [string, string, string][] = [
  ['nothing', '', 'empty'],
  ['AAC without packet type', 'af', 'too short'],
  ['sound format 12', 'c0 00', 'unknown codec'],
  ['sound format 15, device specific', 'f0 00', 'unknown codec'],
  ['FourCC cut off', "90 'Opu'", 'too short'],
  ['unknown FourCC', "90 'xxxx'", 'unknown codec'],
  ['enhanced packet type 3', "93 'Opus' 00", 'unknown packet type'],
  ['enhanced packet type 15', "9f 'Opus' 00", 'unknown packet type'],
];

test.each(dropped)('dropped: %s', (_name, text, reason) => {
  expect(parseAudioTag(tagBytes(text))).toEqual({ type: 'dropped', reason });
});

test('never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (data) => {
      parseAudioTag(Buffer.from(data));
      parseAudioTag(Buffer.from([0x90 | (data[0] ?? 0), ...data]));
    }),
    { numRuns: 2000 },
  );
});
