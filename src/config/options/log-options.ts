// From the log directives to the options of the log output.

import { isInContainer } from '../../lifecycle/container.ts';
import { type LogThreshold, parseLogLevel, parseLogLevelV2 } from '../../log/level.ts';
import type { LogOptions } from '../../log/log-output.ts';
import type { RootSettings } from '../directives/table.ts';

/** Where and how lines are written. Without `srs_log_tank`: the file, and in a container the console as well. */
export function logOptions(root: RootSettings): LogOptions {
  const tank = root.srs_log_tank;
  return {
    format: root.log_format,
    level: threshold(root),
    isUtc: root.utc_time,
    hasConsole: tank === 'console' || (tank === undefined && (root.in_docker || isInContainer())),
    filePath: tank === 'console' ? undefined : root.srs_log_file,
  };
}

function threshold(root: RootSettings): LogThreshold {
  const { srs_log_level, srs_log_level_v2 } = root;
  return srs_log_level_v2 === undefined ? parseLogLevel(srs_log_level) : parseLogLevelV2(srs_log_level_v2);
}
