// Ports move with the configuration: `listen`, and the listeners of http_api and http_server.

import type { Config } from '../../config/config.ts';
import type { Logger } from '../../log/logger.ts';
import type { ListenerSet, Port } from '../listener-set.ts';
import { isChanged, type ReloadPart } from './reload-part.ts';

export function listenPart(
  listeners: ListenerSet,
  portsOf: (config: Config) => readonly Port[],
  log: Logger,
): ReloadPart {
  return {
    prepare: async (change) => {
      const { apply, abandon } = await listeners.prepare(portsOf(change.after));
      return {
        apply: () => {
          apply();
          if (isChanged(change, 'listen')) log.trace('reload listen success.');
        },
        abandon,
      };
    },
  };
}
