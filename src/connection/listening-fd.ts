// The descriptor of a listening socket, which SRS writes into its log.

import type { Server } from 'node:net';

/** -1 while the server does not listen, or on a platform without descriptors. */
export function listeningFd(server: Server): number {
  const { _handle: handle } = server as unknown as { _handle?: { fd?: number } | null };
  return handle?.fd ?? -1;
}
