import { createHash, randomUUID } from 'node:crypto';
import { type Caller, callerKey } from '../../domain/caller.ts';
import { DomainError, invalidField, isDomainError } from '../../domain/errors.ts';
import { type ImageId, newImageId } from '../../domain/image-id.ts';
import type { KeptAnswer, ScopedKey } from '../../ports/idempotency-keys.ts';
import type { Deps } from '../deps.ts';
import type { OperationName } from '../manifest.ts';

/** While an attempt has this long, no other works under its key; a crash holds the key up no longer. */
const LEASE_MS = 60_000;

/** How long the first answer is there to be repeated. */
const LIFE_MS = 24 * 60 * 60_000;

/** Most attempts end within a moment: who has to wait is not sent away for a whole lease. */
const LONGEST_WAIT_SECONDS = 5;

/** A request that its caller may repeat. */
export interface RepeatableRequest {
  readonly caller: Caller;
  readonly operation: OperationName;
  /** As `idempotencyKey` gives it. */
  readonly key: string;
}

/** One attempt's turn: while it has the lease, no other attempt begins. */
export interface Turn {
  /** The id of the image that comes of it, whichever attempt makes it. */
  readonly image_id: ImageId;
  /** How many attempts were before it, of which nobody knows how they have ended. */
  readonly takeovers: number;
}

export interface Performed<Output> {
  readonly output: Output;
  /** What to keep of it, for `replay`. */
  readonly answer: KeptAnswer;
}

export interface OnceSteps<Output> {
  /** Does it. What fails has left nothing visible, or says so by being `unavailable`. */
  readonly perform: (turn: Turn) => Promise<Performed<Output>>;
  /** Reads the request, which may be another one, and gives the first answer again. */
  readonly replay: (answer: KeptAnswer) => Promise<Output>;
}

/**
 * Does something once for all requests under a key. An attempt that fails lets go of the key; one that is
 * cut off holds it for the rest of its lease. Where an attempt has ended nobody knows how, the next one is
 * given the same image's id, and finds out.
 * @throws DomainError `conflict`, with a time to wait, while another attempt has the key.
 */
export async function once<Output>(
  deps: Pick<Deps, 'keys' | 'clock' | 'log'>,
  { caller, operation, key }: RepeatableRequest,
  { perform, replay }: OnceSteps<Output>,
): Promise<Output> {
  // No operation's name has a colon.
  const scoped: ScopedKey = { scope: `${operation}:${callerKey(caller)}`, key };
  const now = deps.clock.now();
  const attempt_id = randomUUID();
  const told = await deps.keys.begin(
    scoped,
    { attempt_id, image_id: newImageId(now), lease_until: now + LEASE_MS, expires_at: now + LIFE_MS },
    now,
  );
  if (told.state === 'in_flight') throw inFlight(told.lease_until - now);
  if (told.state === 'answered') return replay(told.answer);
  const { image_id, takeovers } = told;
  let performed: Performed<Output>;
  try {
    performed = await perform({ image_id, takeovers });
  } catch (error) {
    await letGo(deps, { scoped, attempt_id, mayBeThere: takeovers > 0 || isUncertain(error) });
    throw error;
  }
  await keep(deps, { scoped, attempt_id }, performed.answer);
  return performed.output;
}

/** After a refusal nothing has been made. What was `unavailable` may yet arrive, and a defect may be anything. */
function isUncertain(error: unknown): boolean {
  return !isDomainError(error) || error.code === 'unavailable' || error.code === 'internal';
}

interface Held {
  readonly scoped: ScopedKey;
  readonly attempt_id: string;
}

/** If this fails as well, the key is free at the end of the lease. */
async function letGo(
  { keys, log }: Pick<Deps, 'keys' | 'log'>,
  { scoped, attempt_id, mayBeThere }: Held & { readonly mayBeThere: boolean },
): Promise<void> {
  try {
    await (mayBeThere ? keys.release(scoped, attempt_id) : keys.free(scoped, attempt_id));
  } catch (cause) {
    log.warn({ err: cause }, 'could not let go of the idempotency key of a failed request now');
  }
}

/** What has been made stays made, whether its answer is kept or not: a repetition finds it. */
async function keep(
  { keys, log }: Pick<Deps, 'keys' | 'log'>,
  { scoped, attempt_id }: Held,
  answer: KeptAnswer,
): Promise<void> {
  try {
    await keys.answer(scoped, attempt_id, answer);
  } catch (cause) {
    // Overtaken: the attempt that has the key now has found the same, or will.
    if (isDomainError(cause, 'conflict')) return;
    log.error(
      { err: cause },
      'could not keep the answer under an idempotency key; a repetition finds it out',
    );
  }
}

function inFlight(remainingMs: number): DomainError {
  const retry_after_seconds = Math.min(Math.max(Math.ceil(remainingMs / 1000), 1), LONGEST_WAIT_SECONDS);
  return new DomainError('conflict', 'A request with this idempotency key is still being worked on.', {
    retry_after_seconds,
  });
}

/** Another request came under the key before. */
export function idempotencyKeyReused(): DomainError {
  return new DomainError(
    'idempotency_key_reused',
    'The idempotency key has been used for another request. Take a new key for each.',
  );
}

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** RFC 8941, section 3.3.3. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/**
 * The key that a caller has sent: a quoted string (RFC 8941) or the bare text of it.
 * @param field what the caller knows it by.
 */
export function idempotencyKey(sent: unknown, field: 'Idempotency-Key' | 'idempotency_key'): string {
  if (typeof sent === 'string') {
    const quoted = sent.startsWith('"') ? QUOTED.exec(sent)?.[1]?.replaceAll(/\\(.)/g, '$1') : sent;
    if (quoted !== undefined && PRINTABLE.test(quoted)) return quoted;
  }
  throw invalidField(field, 'must be 1 to 255 printable ASCII characters, bare or as a quoted string');
}

/**
 * What tells one request from another: SHA-256, in hex, of what it asks for. Absent and null are the same,
 * and the order of the fields does not count.
 */
export function fingerprintOf(
  asked: Readonly<Record<string, string | number | readonly string[] | null>>,
): string {
  const given = Object.entries(asked).filter(([, value]) => value !== null);
  const canonical = JSON.stringify(given.sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(canonical).digest('hex');
}
