// Settings of a stream for tests that are about something else, or change a few.

import type { StreamOptions } from '../../src/stream/stream.ts';

/** With a GOP cache of 1 MiB and the stream's own clock. */
export function streamOptions(changes: Partial<StreamOptions> = {}): StreamOptions {
  return {
    hasGopCache: true,
    gopCacheMaxFrames: 0,
    gopCacheMaxBytes: 1 << 20,
    hasPublisherTime: false,
    reduceSequenceHeader: false,
    hasPublisherTimeIfAsked: false,
    ...changes,
  };
}
