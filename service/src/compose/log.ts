import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

/** JSON lines, or lines for people where a person is watching. */
export async function createLog({ logLevel }: Pick<Config, 'logLevel'>): Promise<Logger> {
  const sink = process.stdout.isTTY ? await prettyStream() : linesOfOneTurn();
  return pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, sink);
}

async function prettyStream(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
}

/**
 * Standard output, to which the lines of one turn of the event loop are written together: a line a request, each with a call of
 * its own, would cost a good part of what a request does. No line waits for longer than that, nor for another process.
 */
function linesOfOneTurn(): DestinationStream & { flushSync(): void } {
  const stdout = destination({ fd: process.stdout.fd, sync: true });
  let waiting = '';
  const flush = () => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') stdout.write(lines);
  };
  process.on('exit', flush);
  return {
    write(line) {
      if (waiting === '') setImmediate(flush);
      waiting += line;
    },
    flushSync: flush,
  };
}
