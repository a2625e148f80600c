import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

/** JSON lines, or lines for people where a person is watching. */
export async function createLog({ logLevel }: Pick<Config, 'logLevel'>): Promise<Logger> {
  const options = { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(options, process.stdout.isTTY ? await prettyStream() : linesTogether());
}

/**
 * All lines of one turn of the event loop by one write, at its end: whoever reads them is woken once, and not for each
 * (which takes longer than to write it). That is before anything is done that waits for the end of the turn, as answers do.
 */
function linesTogether(): DestinationStream & { flushSync(): void } {
  const output = pino.destination({ dest: process.stdout.fd, sync: true });
  let lines = '';
  const flushSync = () => {
    const together = lines;
    lines = '';
    if (together !== '') output.write(together);
  };
  process.once('exit', flushSync);
  return {
    write(line) {
      if (lines === '') setImmediate(() => setImmediate(flushSync));
      lines += line;
    },
    flushSync,
  };
}

async function prettyStream(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
}
