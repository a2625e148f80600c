import type { Log } from '../../ports/log.ts';

/**
 * A log of JSON lines with the fields that pino gives, for functions: there pino would be a tenth of all
 * code, and a cold start reads all of it.
 */
export function createLineLog(write: (line: string) => void, now: () => number = Date.now): Log {
  const log = (level: number) => (fields: object, message: string) => {
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
