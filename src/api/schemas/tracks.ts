// The tracks of a stream in the API, read from its sequence headers when somebody asks.

import { parseAudioTag } from '../../media/audio-tag.ts';
import type { MediaMessage } from '../../media/message.ts';
import { describeAudio, describeVideo } from '../../media/track-description.ts';
import { parseVideoTag } from '../../media/video-tag.ts';
import type { Stream } from '../../stream/stream.ts';
import { int, nullable, object, text, type ValueOf } from '../schema/schema.ts';

export const videoSchema = nullable(
  object('Null until the publisher has sent its decoder configuration.', {
    codec: text('H264, HEVC, AV1, …'),
    profile: text('High, Main, …'),
    level: text('3.1, 4, …'),
    width: int('Pixels.'),
    height: int('Pixels.'),
  }),
);

export const audioSchema = nullable(
  object('Null until the publisher has sent its decoder configuration.', {
    codec: text('AAC, MP3, Opus, …'),
    sample_rate: int('Hz, as the FLV tag header says it.'),
    channel: int('1 or 2, as the FLV tag header says it.'),
    profile: text('LC, HE, …'),
  }),
);

/** Codecs whose frames say nothing without a sequence header. */
const NEEDS_HEADER: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'aac']);

/** The message that describes a track, if it is there already. */
function describing(stream: Stream | undefined, track: 'audio' | 'video'): MediaMessage | undefined {
  const header = stream?.headers[track];
  if (header !== undefined) return header;
  const frame = stream?.firstFrames[track];
  return frame === undefined || NEEDS_HEADER.has(frame.codec) ? undefined : frame;
}

/** What the sequence header, or the first picture, says; null before there is one. */
export function videoValue(stream: Stream | undefined): ValueOf<typeof videoSchema> {
  const message = describing(stream, 'video');
  if (message === undefined) return null;
  const tag = parseVideoTag(message.payload);
  const video = tag.type === 'dropped' ? undefined : describeVideo(tag, message.payload);
  if (video === undefined) return null;
  const { codec, profile, level, width, height } = video;
  return { codec, profile, level, width, height };
}

/** What the sequence header, or the first frame, says; null before there is one. */
export function audioValue(stream: Stream | undefined): ValueOf<typeof audioSchema> {
  const message = describing(stream, 'audio');
  if (message === undefined) return null;
  const tag = parseAudioTag(message.payload);
  const audio = tag.type === 'dropped' ? undefined : describeAudio(tag, message.payload);
  if (audio === undefined) return null;
  const { codec, profile, reportedSampleRate, reportedChannels } = audio;
  return { codec, sample_rate: reportedSampleRate, channel: reportedChannels, profile };
}
