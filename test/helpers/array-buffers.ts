// Memory behind Buffers that is really held, without what waits for the collector.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes. The second collection waits until the first one's memory is given back. */
export function arrayBuffersHeld(): number {
  collect();
  collect();
  return process.memoryUsage().arrayBuffers;
}
