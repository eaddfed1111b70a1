// What is said and counted when a viewer reads too slowly and misses something, whatever protocol it plays.

import type { Logger } from '../log/logger.ts';
import type { ViewerOptions } from '../output/viewer.ts';
import type { EventCounts } from '../stats/event-counts.ts';

export function slowViewerHooks(
  log: Logger,
  counts: EventCounts,
): Pick<ViewerOptions, 'onSkip' | 'onDropped'> {
  return {
    onSkip: (count, lagMs) => {
      counts.skips++;
      log.warn(`shrinking, removed=${count}, lag=${Math.round(lagMs)}ms: the client reads too slowly`);
    },
    onDropped: (count) => {
      counts.skippedMessages += count;
    },
  };
}
