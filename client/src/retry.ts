import { TintypeError } from './errors.ts';

/** Waits, or rejects with the signal's reason. */
export type Wait = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/** Tries of a request that fails in a way that may pass: some 15 seconds of them. */
const TRIES = 6;

/**
 * How often a request is asked about that an earlier one under its key is still working on. The service says
 * to ask every 5 seconds at most; an attempt that a crash has cut off holds its key for 60.
 */
const TIMES_IN_FLIGHT = 20;

const FIRST_WAIT_MS = 500;
const LONGEST_BACKOFF_MS = 15_000;

/** Whoever is told to wait longer is better told so than kept waiting. */
const LONGEST_WAIT_SECONDS = 120;

export interface Retrying {
  readonly wait: Wait;
  readonly signal: AbortSignal | undefined;
}

/**
 * Tries again what fails in a way that may pass, later each time, and not before `Retry-After` says.
 * @throws what the last try failed with, or the signal's reason.
 */
export async function retrying<T>(attempt: () => Promise<T>, { wait, signal }: Retrying): Promise<T> {
  let failures = 0;
  let inFlight = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TintypeError) || !mayPass(error)) throw error;
      const isLast = isInFlight(error) ? ++inFlight > TIMES_IN_FLIGHT : ++failures >= TRIES;
      const told = error.retryAfterSeconds ?? 0;
      if (isLast || told > LONGEST_WAIT_SECONDS) throw error;
      await wait(Math.max(told * 1000, isInFlight(error) ? 0 : backoff(failures)), signal);
    }
  }
}

/** Whether the same request may succeed later. A quota is not such a matter, nor is a full disk. */
export function mayPass(error: TintypeError): boolean {
  const { code, status } = error;
  if (['network', 'timeout', 'rate_limited'].includes(code) || isInFlight(error)) return true;
  return status >= 500 && status !== 501 && status !== 507;
}

/** An earlier request under the same idempotency key has not ended yet. */
function isInFlight({ code, retryAfterSeconds }: TintypeError): boolean {
  return code === 'conflict' && retryAfterSeconds !== undefined;
}

/** Doubles, with up to a half less at random, so that those who failed together do not return together. */
function backoff(failures: number): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  return longest * (1 - Math.random() / 2);
}

/** The wait of the clock on the wall. */
export const waitFor: Wait = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
