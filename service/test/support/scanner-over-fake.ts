import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type DomainError, isDomainError } from '../../src/domain/errors.ts';
import { type ClamdScannerOptions, createClamdScanner } from '../../src/drivers/clamd/clamd-scanner.ts';
import type { ScannedObject, Scanner } from '../../src/ports/scanner.ts';
import { type Caller, type FakeClamd, startFakeClamd } from './fake-clamd.ts';
import { objectOf } from './scanned-object.ts';

const running: FakeClamd[] = [];

/**
 * In each test of a file time stands still unless the test moves it, which sockets do not notice; and afterwards
 * no timer and no socket may be left. Waits for ever where a socket is.
 */
export function watchTimersAndSockets(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(async () => {
    const timers = vi.getTimerCount();
    vi.useRealTimers();
    for (const fake of running.splice(0)) await fake.stop();
    expect(timers).toBe(0);
  });
}

export interface ScannerOverFake extends Scanner {
  /** How many connections there have been. */
  connections(): number;
  /** Nobody listens any more. */
  stop(): Promise<void>;
}

/** A scanner over what behaves like this to each caller. */
export async function scannerOver(
  behave: (caller: Caller) => Promise<unknown> | unknown,
  { path, ...options }: Partial<ClamdScannerOptions> & { readonly path?: string } = {},
): Promise<ScannerOverFake> {
  const fake = await startFakeClamd(behave, path);
  running.push(fake);
  const scanner = createClamdScanner({ address: fake.address, ...options });
  return {
    scan: (object) => scanner.scan(object),
    check: () => scanner.check(),
    connections: () => fake.connections(),
    async stop() {
      running.splice(running.indexOf(fake), 1);
      await fake.stop();
    },
  };
}

/** Takes the whole object, and then says this and closes. */
export const answering = (said: string) => async (caller: Caller) => {
  await caller.object();
  caller.socket.end(Buffer.from(said, 'latin1'));
};

/** The failure that there must be: the one that says that there is no verdict. */
export async function failureOf(asked: Promise<unknown>): Promise<DomainError> {
  const outcome = await asked.catch((error: unknown) => error);
  if (!isDomainError(outcome, 'unavailable')) throw new Error(`It came to ${JSON.stringify(outcome)}.`);
  return outcome;
}

/** What the log is told: the causes, from the outer to the inner. */
export function causes(error: unknown): string {
  return error instanceof Error ? `${error.message} ${causes(error.cause)}` : '';
}

export const SMALL = objectOf(Buffer.from('the bytes of an object'), 5);

/** An object with a source that does what a test says. */
export const objectFrom = (size_bytes: number, stream: ScannedObject['stream']): ScannedObject => ({
  ...SMALL,
  size_bytes,
  stream,
});
