// A logger for tests that do not read what is logged.

import { createLogger, type Logger } from '../../src/log/logger.ts';

export const silentLogger: Logger = createLogger({ isEnabled: () => false, writeLine: () => {} }, 'silent00');
