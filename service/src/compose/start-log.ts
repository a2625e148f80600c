import { readLogLevel } from '../config/log-level.ts';
import { createLineLog } from '../drivers/system/line-log.ts';
import type { Log } from '../ports/log.ts';

/** The log of what starts a function, before any of the function's own code is there. */
export function openStartLog(): Log {
  return createLineLog((line) => process.stdout.write(line), readLogLevel());
}
