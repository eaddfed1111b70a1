// What the API looks at and works on. server.ts fills it; the configuration is asked for each time, because a reload
// replaces it.

import type { OwnerQuestion, PublishClaim } from '../cluster/origin/coworker-question.ts';
import type { Config } from '../config/config.ts';
import type { ConnectionRegistry } from '../connection/connection-registry.ts';
import type { ReloadControl } from '../lifecycle/reload-state.ts';
import type { Logger } from '../log/logger.ts';
import type { HostSample } from '../stats/host/host-sample.ts';
import type { Statistics } from '../stats/statistics.ts';
import type { StreamRegistry } from '../stream/stream-registry.ts';

export interface ApiIdentity {
  /** `server_id`, or the id that is kept beside the pid file. */
  readonly server: () => string;
  /** Random, new with each start. */
  readonly service: string;
  /** The process id as text. */
  readonly pid: string;
  /** Three numbers, such as 1.2.3. */
  readonly version: string;
}

export interface ApiContext {
  readonly identity: ApiIdentity;
  readonly config: () => Config;
  readonly statistics: Statistics;
  readonly streams: StreamRegistry;
  /** Whether a stream is published here, and since when; undefined if not. */
  readonly answerOwner: (
    question: Omit<OwnerQuestion, 'host'>,
  ) => { readonly claim?: PublishClaim } | undefined;
  readonly connections: ConnectionRegistry;
  readonly host: HostSample;
  readonly reload: ReloadControl;
  readonly log: Logger;
}
