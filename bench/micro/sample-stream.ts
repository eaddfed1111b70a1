// Media for the micro-benchmarks without any file: four seconds like those of a 1.1 Mbps stream.

import type { MediaMessage } from '../../src/media/message.ts';

const FRAME_MS = 40;
const FRAMES = 100;
const FRAMES_PER_GOP = 50;
const KEY_FRAME_BYTES = 24_000;
const FRAME_BYTES = 4_800;
const AUDIO_BYTES = 190;
const AUDIO_FRAME_MS = 1024 / 44.1;
const LENGTH_MS = FRAMES * FRAME_MS;
const NAL_LENGTH_AT = 5;

/** Sequence headers as x264 and ffmpeg's AAC encoder write them for 640x360, 44.1 kHz stereo. */
const VIDEO_HEADER = Buffer.from(
  '17000000000164001effe100246764001eacb405017fcb808800000300080000030197010007e760007e77c94400f162ea01000468ef3cb0',
  'hex',
);
const AUDIO_HEADER = Buffer.from('af00121056e500', 'hex');

export const SAMPLE_HEADERS: readonly MediaMessage[] = [
  message('video', 0, VIDEO_HEADER, false, true),
  message('audio', 0, AUDIO_HEADER, false, true),
];

export const SAMPLE_MEDIA: readonly MediaMessage[] = [...videoFrames(), ...audioFrames()].sort(
  (a, b) => a.timestampMs - b.timestampMs,
);

function* videoFrames(): Generator<MediaMessage> {
  for (let i = 0; i < FRAMES; i++) {
    const isKeyFrame = i % FRAMES_PER_GOP === 0;
    const payload = Buffer.alloc(isKeyFrame ? KEY_FRAME_BYTES : FRAME_BYTES, 0x5a);
    payload.set(isKeyFrame ? [0x17, 1, 0, 0, 0] : [0x27, 1, 0, 0, 0]);
    payload.writeUInt32BE(payload.length - NAL_LENGTH_AT - 4, NAL_LENGTH_AT);
    payload[NAL_LENGTH_AT + 4] = isKeyFrame ? 0x65 : 0x41;
    yield message('video', i * FRAME_MS, payload, isKeyFrame, false);
  }
}

function* audioFrames(): Generator<MediaMessage> {
  for (let i = 0; i * AUDIO_FRAME_MS < LENGTH_MS; i++) {
    const payload = Buffer.alloc(AUDIO_BYTES, 0x21);
    payload.set([0xaf, 1]);
    yield message('audio', Math.round(i * AUDIO_FRAME_MS), payload, false, false);
  }
}

function message(
  track: 'audio' | 'video',
  timestampMs: number,
  payload: Buffer,
  isKeyFrame: boolean,
  isSequenceHeader: boolean,
): MediaMessage {
  const codec = track === 'video' ? 'h264' : 'aac';
  return { track, timestampMs, codec, isKeyFrame, isSequenceHeader, payload };
}
