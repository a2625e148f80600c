import type { Log } from '../../ports/log.ts';

/** pino's numbers. */
const LEVELS: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Number.POSITIVE_INFINITY,
};

/**
 * A log of JSON lines with the fields that pino gives, for functions: there pino would be a tenth of all
 * code, and a cold start reads all of it.
 * @param least the level below which nothing is written.
 */
export function createLineLog(
  write: (line: string) => void,
  least: string,
  now: () => number = Date.now,
): Log {
  const log = (level: number) => (fields: object, message: string) => {
    if (level < (LEVELS[least] ?? 0)) return;
    const time = new Date(now()).toISOString();
    write(`${JSON.stringify({ level, time, ...fields, msg: message }, describeErrors)}\n`);
  };
  return { info: log(30), warn: log(40), error: log(50) };
}

/** Errors have nothing that JSON would show. */
function describeErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack, cause } = value;
  return { type: name, message, stack, ...(cause === undefined ? {} : { cause }) };
}
