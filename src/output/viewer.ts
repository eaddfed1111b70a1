// One viewer of a prepared log: where it stands, what it still needs, and the sink that takes its bytes.

import type { StreamHeaders } from '../stream/stream.ts';

/** The part of a socket that a fan-out uses; net.Socket and tls.TLSSocket have it. */
export interface ViewerSink {
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  readonly writableLength: number;
  write(bytes: Buffer): boolean;
  cork(): void;
  uncork(): void;
}

/** Why a fan-out gives up on a viewer. */
export type ViewerEnd = 'unpublished' | 'send-timeout' | 'duration-reached';

export interface ViewerOptions {
  readonly sink: ViewerSink;
  /** What goes out before anything else, such as an HTTP response head. */
  readonly preamble: Buffer | undefined;
  /** Longest playback, ms of stream time; 0 = no limit. */
  readonly durationMs: number;
  /** Called at most once, after the last byte was given to the sink. */
  readonly onEnd: (reason: ViewerEnd) => void;
  /** Called when messages were skipped because the viewer reads too slowly. */
  readonly onSkip: (skippedMessages: number, lagMs: number) => void;
  /** Called with what a slow viewer misses: at a skip, and while it then waits for a key frame. */
  readonly onDropped?: (messages: number) => void;
}

/**
 * Set in `needs` while a viewer cannot take the shared bytes as they are: its clock has not started, it is
 * paused, it waits for a key frame, or its playback is limited. AUDIO and VIDEO are set there until that
 * track has its first message, which carries the viewer's own time.
 */
export const ATTENTION = 8;

/** Created and moved by its fan-out only. */
export interface Viewer {
  readonly options: ViewerOptions;
  readonly sink: ViewerSink;
  /** Sequence number of the next entry to send. */
  next: number;
  needs: number;
  /** Stream time of this viewer's zero, ms; negative until the first media message. */
  baseMs: number;
  /** The bytes that open the format (file header, metadata, sequence headers) were sent. */
  isOpen: boolean;
  /** Headers to open with: those in force where the viewer starts, empty if they are still to come. */
  openingHeaders: StreamHeaders;
  isPaused: boolean;
  /** After a skip: nothing is sent before the next key frame. */
  waitsForKeyFrame: boolean;
  /** Since when the sink has not taken everything, ms; 0 = it has. */
  blockedSinceMs: number;
  isEnded: boolean;
}
