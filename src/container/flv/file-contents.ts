// What the metadata of an FLV file says about its tags, gathered as they come.

import { LastFrameLength } from '../../media/last-frame-length.ts';
import type { MediaMessage } from '../../media/message.ts';
import { type FlvKeyFrame, KeyFrameIndex } from './file-metadata.ts';

type Track = MediaMessage['track'];

interface TrackTimes {
  lastMs: number;
  readonly frameMs: LastFrameLength;
}

export class FlvFileContents {
  readonly #keyFrames = new KeyFrameIndex();
  readonly #tracks: Record<Track, TrackTimes> = {
    audio: { lastMs: -1, frameMs: new LastFrameLength() },
    video: { lastMs: -1, frameMs: new LastFrameLength() },
  };
  #firstMs: number | undefined;

  /** Key frames whose tags are in the file so far. */
  get keyFrames(): readonly FlvKeyFrame[] {
    return this.#keyFrames.entries;
  }

  /** From the first frame to the end of the last one. */
  get durationMs(): number {
    const { audio, video } = this.#tracks;
    const endMs = Math.max(video.lastMs + video.frameMs.value, audio.lastMs + audio.frameMs.value);
    return this.#firstMs === undefined ? 0 : endMs - this.#firstMs;
  }

  /** Takes in a sequence header. @param position of its tag in the file */
  header(track: Track, timeMs: number, position: number): void {
    // Players take the first entry of the index for that of the sequence header.
    if (track === 'video' && this.#keyFrames.entries.length === 0)
      this.#keyFrames.add(timeMs / 1000, position);
  }

  /** Takes in a frame. @param position of its tag in the file */
  frame(track: Track, timeMs: number, position: number, isKeyFrame: boolean): void {
    this.#firstMs ??= timeMs;
    const times = this.#tracks[track];
    times.frameMs.add(timeMs);
    times.lastMs = timeMs;
    if (isKeyFrame) this.#keyFrames.add(timeMs / 1000, position);
  }
}
