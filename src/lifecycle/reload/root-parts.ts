// Directives at the top of the file that change something that runs: the log, the pid file, the connection limit.

import { logOptions } from '../../config/options/log-options.ts';
import type { ConnectionRegistry } from '../../connection/connection-registry.ts';
import type { LogOutput } from '../../log/log-output.ts';
import type { Logger } from '../../log/logger.ts';
import type { PidFile } from '../pid-file.ts';
import { applyOnly, isChanged, type ReloadChange, type ReloadPart } from './reload-part.ts';

const LOG_DIRECTIVES = ['srs_log_tank', 'srs_log_level', 'srs_log_level_v2', 'srs_log_file', 'log_format'];

/** A line about a new file goes to the new file; a level above trace hides its own line. */
export function logPart(output: LogOutput, log: Logger): ReloadPart {
  return applyOnly((change) => {
    output.configure(logOptions(change.after.root));
    saySuccess(change, LOG_DIRECTIVES, log);
  });
}

/** Holds the pid file of this process. */
export interface PidFileHolder {
  file: PidFile | undefined;
}

/** @param acquire takes the file of that name for this process, or throws a PidFileError */
export function pidPart(holder: PidFileHolder, acquire: (path: string) => PidFile, log: Logger): ReloadPart {
  return {
    prepare: async (change) => {
      if (!isChanged(change, 'pid')) return { apply: () => {}, abandon: () => {} };
      const taken = acquire(change.after.root.pid);
      return {
        apply: () => {
          holder.file?.release();
          holder.file = taken;
          saySuccess(change, ['pid'], log);
        },
        abandon: () => taken.release(),
      };
    },
  };
}

/** Nobody is dropped by a smaller limit. */
export function connectionLimitPart(connections: ConnectionRegistry, log: Logger): ReloadPart {
  return applyOnly((change) => {
    connections.setLimit(change.after.root.max_connections);
    saySuccess(change, ['max_connections'], log);
  });
}

/** Directives that are read at each use: nothing but SRS's line. */
export function readAtUsePart(directives: readonly string[], log: Logger): ReloadPart {
  return applyOnly((change) => saySuccess(change, directives, log));
}

function saySuccess(change: ReloadChange, directives: readonly string[], log: Logger): void {
  for (const name of directives) if (isChanged(change, name)) log.trace(`reload ${name} success.`);
}
