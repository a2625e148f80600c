import { fstatSync, writeSync } from 'node:fs';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

/** JSON lines, or lines for people where a person is watching. */
export async function createLog({ logLevel }: Pick<Config, 'logLevel'>): Promise<Logger> {
  const options = { level: logLevel, base: null, timestamp: timeOfLine };
  return pino(options, process.stdout.isTTY ? await prettyStream() : linesTogether());
}

let latest = Number.NaN;
let latestTime = '';

/** As pino wants it: in each line after its level. Of a millisecond it is written once, for all of its lines. */
function timeOfLine(): string {
  const now = Date.now();
  if (now !== latest) {
    latest = now;
    latestTime = `,"time":"${new Date(now).toISOString()}"`;
  }
  return latestTime;
}

/**
 * All lines of one turn of the event loop by one write, a turn later: whoever reads them is woken once, and not for each
 * (which takes longer than to write it), and whoever is to be answered need not wait for it. Into a file they are written at once; a pipe's
 * other end may be slow, and then one of Node's threads waits for that and not this one.
 */
function linesTogether(): DestinationStream & { flushSync(): void } {
  const { fd } = process.stdout;
  const write = fstatSync(fd).isFile() ? (text: string) => writeNow(fd, text) : intoPipe(fd);
  let lines = '';
  const taken = () => {
    const together = lines;
    lines = '';
    return together;
  };
  const hand = () => {
    const together = taken();
    if (together !== '') write(together);
  };
  /** There may be no further turn. To what was handed over before, pino itself sees. */
  const flushSync = () => writeNow(fd, taken());
  process.once('exit', flushSync);
  return {
    write(line) {
      if (lines === '') setImmediate(() => setImmediate(hand));
      lines += line;
    },
    flushSync,
  };
}

function intoPipe(fd: number): (text: string) => void {
  const output = pino.destination({ dest: fd, sync: false });
  return (text) => void output.write(text);
}

/** How often what a full pipe does not take is offered to it again, ten milliseconds apart. */
const OFFERS = 100;

function writeNow(fd: number, text: string): void {
  let rest = Buffer.from(text);
  for (let offers = 0; rest.length > 0 && offers < OFFERS; ) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      // Nobody reads any more, or the disk is full: whom to tell there is only the log, and requests go on without it.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
      offers++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

async function prettyStream(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ sync: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
}
