import { expect, test } from 'vitest';
import { parseAudioTag } from '../../../src/media/audio-tag.ts';
import { describeAudio, describeVideo } from '../../../src/media/track-description.ts';
import { parseVideoTag } from '../../../src/media/video-tag.ts';
import { tagBytes } from './tag-bytes.ts';

function video(text: string, skipSps = false) {
  const payload = tagBytes(text);
  const tag = parseVideoTag(payload);
  if (tag.type === 'dropped') throw new Error(tag.reason);
  return describeVideo(tag, payload, skipSps);
}

function audio(text: string) {
  const payload = tagBytes(text);
  const tag = parseAudioTag(payload);
  if (tag.type === 'dropped') throw new Error(tag.reason);
  return describeAudio(tag, payload);
}

const SPS_PPS = 'ffe1001a6764002aace8078044fde022000003000200000300643e2c5d4001000468de0fcbfdf8f800';

test.each([
  ['H.264', `17 00 000000 0164002a ${SPS_PPS}`, ['H264', 'High', '4.2', 1920, 1080]],
  ['H.264 by FourCC', `90 'avc1' 0164002a ${SPS_PPS}`, ['H264', 'High', '4.2', 1920, 1080]],
  ['a profile without a name', `17 00 000000 012c000a ${SPS_PPS}`, ['H264', 'Other', '1', 1920, 1080]],
  ['AV1', "90 'av01' 81050c000a0b0000002d4cffb3ccaf9004", ['AV1', 'Main', '3.1', 1280, 720]],
  ['AV1 without OBU', "90 'av01' 81092c00", ['AV1', 'Main', '4.1', 0, 0]],
  ['AV1 descriptor of MPEG-TS', "95 'av01' 80", ['AV1', '', '', 0, 0]],
  ['VP9', "90 'vp09' 01", ['VP9', '', '', 0, 0]],
  ['a frame of VP6', '14 00', ['VP6', '', '', 0, 0]],
])('video: %s', (_name, text, [codec, profile, level, width, height]) => {
  expect(video(text as string)).toMatchObject({ codec, profile, level, width, height });
});

test.each([
  ['empty AVC record', '17 00 000000'],
  ['AVC record without SPS', '17 00 000000 01640028 ffe0 00'],
  ['AVC record with a broken SPS', '17 00 000000 01640028 ffe1 0004 67640028 01 0004 68de0fcb'],
  ['empty hvcC', "90 'hvc1'"],
  ['empty av1C', "90 'av01'"],
])('video that does not parse: %s', (_name, text) => {
  expect(video(text)).toBeUndefined();
});

test('parse_sps off accepts a broken SPS', () => {
  const broken = '17 00 000000 01640028 ffe1 0004 67640028 01 0004 68de0fcb';
  expect(video(broken, true)).toMatchObject({ codec: 'H264', profile: 'High', level: '4', width: 0 });
});

// Reported: what SRS's API shows.
test.each([
  ['48 kHz mono', 'af 00 1188', ['LC', 48000, 1, 44100, 2]],
  ['22.05 kHz in a 44.1 kHz tag', 'af 00 1390', ['LC', 22050, 2, 22050, 2]],
  ['HE-AAC v2: stereo for the listener', 'af 00 eb8a0800', ['HEv2', 44100, 2, 22050, 2]],
  ['HE-AAC', 'af 00 2b920800', ['HE', 44100, 2, 22050, 2]],
  ['Main', 'af 00 0a10', ['Main', 44100, 2, 44100, 2]],
  ['an object type without a name', 'af 00 2210', ['Other', 44100, 2, 44100, 2]],
  ['enhanced: no tag header to report', "90 'mp4a' 1188", ['LC', 48000, 1, 48000, 1]],
])('AAC: %s', (_name, text, [profile, sampleRate, channels, reportedSampleRate, reportedChannels]) => {
  expect(audio(text as string)).toEqual({
    codec: 'AAC',
    profile,
    sampleRate,
    channels,
    reportedSampleRate,
    reportedChannels,
  });
});

test.each([
  ['MP3', '2f fffb9000', ['MP3', 44100, 2]],
  ['Opus', "90 'Opus' 'OpusHead' 0102380180bb0000000000", ['Opus', 48000, 2]],
  ['Speex', 'b6 00', ['Speex', 11025, 1]],
  ['G.711', '82 00', ['G711U', 5512, 1]],
  ['a frame of AAC', 'af 01 21', ['AAC', 44100, 2]],
])('audio: %s', (_name, text, [codec, sampleRate, channels]) => {
  expect(audio(text as string)).toMatchObject({ codec, profile: '', sampleRate, channels });
});

test.each([
  ['empty AudioSpecificConfig', 'af 00'],
  ['MP3 without sync', '2f 00000000'],
  ['Opus without OpusHead', "90 'Opus' 00"],
])('audio that does not parse: %s', (_name, text) => {
  expect(audio(text)).toBeUndefined();
});
