// What a connection of any protocol needs from the server around it.

import type { ServerIdentity } from '../media/metadata.ts';
import type { Statistics } from '../stats/statistics.ts';
import type { StreamRegistry } from '../stream/stream-registry.ts';
import type { ClusterGate } from './cluster-gate.ts';
import type { FindVhost } from './vhost.ts';
import type { ViewerOutputs } from './viewer-outputs.ts';

export interface ConnectionHost {
  readonly findVhost: FindVhost;
  readonly streams: StreamRegistry;
  readonly outputs: ViewerOutputs;
  readonly statistics: Statistics;
  readonly identity: ServerIdentity;
  readonly cluster: ClusterGate;
}
