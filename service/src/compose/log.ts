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

/** More than one turn of the event loop says, in bytes: what is beyond it is written at once. */
const MOST_BYTES = 16_000;

/**
 * Standard output, to which the lines of one turn of the event loop are written together: a line a request, each with a call of
 * its own, would cost as much as a good part of a request. Nothing waits for longer than that, nor for another process.
 */
function linesOfOneTurn(): DestinationStream & { flushSync(): void } {
  const stdout = destination({ fd: process.stdout.fd, sync: true, minLength: MOST_BYTES });
  let isWaiting = false;
  const flushSync = () => {
    isWaiting = false;
    stdout.flushSync();
  };
  process.on('exit', flushSync);
  return {
    write(line) {
      stdout.write(line);
      if (isWaiting) return;
      isWaiting = true;
      setImmediate(flushSync);
    },
    flushSync,
  };
}
