import type { DatabaseSync } from 'node:sqlite';
import { DomainError } from '../../../domain/errors.ts';
import { leaseHolds } from '../../../domain/lease.ts';
import type { Attempt, KeptAnswer, KeyState, ScopedKey } from '../../../ports/idempotency-keys.ts';
import { idFromBytes, idToBytes } from './image-row.ts';
import { Statements } from './statements.ts';

/** A change of the idempotency keys as plain data. */
export type KeyCommand =
  | {
      readonly kind: 'key-begin';
      readonly key: ScopedKey;
      readonly attempt: Attempt;
      readonly now: number;
    }
  | {
      readonly kind: 'key-answer';
      readonly key: ScopedKey;
      readonly attempt_id: string;
      readonly answer: KeptAnswer;
    }
  | { readonly kind: 'key-free'; readonly key: ScopedKey; readonly attempt_id: string }
  | { readonly kind: 'key-release'; readonly key: ScopedKey; readonly attempt_id: string };

export function isKeyCommand(command: { readonly kind: string }): command is KeyCommand {
  return command.kind.startsWith('key-');
}

interface KeyRow {
  readonly attempt_id: string;
  readonly image_id: Uint8Array;
  readonly takeovers: number;
  readonly lease_until: number;
  readonly expires_at: number;
  readonly fingerprint: string | null;
  readonly content: string | null;
}

/** How many expired keys each beginning removes: more than one, so that they get fewer, but little work. */
const SWEPT = 4;

const HELD = 'WHERE scope = ? AND key = ? AND attempt_id = ?';
const UNANSWERED = 'AND fingerprint IS NULL';

/** Applies changes of idempotency keys within a transaction that somebody else opens and commits. */
export class KeyWriter {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  /** @throws DomainError `conflict` where an answer comes from an attempt that no longer has the key. */
  apply(command: KeyCommand): KeyState | undefined {
    if (command.kind === 'key-begin') return this.#begin(command.key, command.attempt, command.now);
    if (command.kind === 'key-answer') this.#answer(command.key, command.attempt_id, command.answer);
    else this.#letGo(command.kind, command.key, command.attempt_id);
    return undefined;
  }

  #begin({ scope, key }: ScopedKey, attempt: Attempt, now: number): KeyState {
    this.#sweep(now);
    const stored = this.#statements
      .get(
        `SELECT attempt_id, image_id, takeovers, lease_until, expires_at, fingerprint, content
       FROM idempotency_keys WHERE scope = ? AND key = ?`,
      )
      .get(scope, key) as KeyRow | undefined;
    if (!stored || stored.expires_at <= now) {
      this.#statements
        .get(
          `INSERT OR REPLACE INTO idempotency_keys
           (scope, key, attempt_id, image_id, takeovers, lease_until, expires_at) VALUES (?, ?, ?, ?, 0, ?, ?)`,
        )
        .run(
          scope,
          key,
          attempt.attempt_id,
          idToBytes(attempt.image_id),
          attempt.lease_until,
          attempt.expires_at,
        );
      return { state: 'begun', image_id: attempt.image_id, takeovers: 0 };
    }
    const { fingerprint, content, lease_until } = stored;
    if (fingerprint !== null) {
      return { state: 'answered', answer: { fingerprint, content: JSON.parse(content ?? 'null') } };
    }
    const image_id = idFromBytes(stored.image_id);
    if (stored.attempt_id === attempt.attempt_id) {
      return { state: 'begun', image_id, takeovers: stored.takeovers };
    }
    if (leaseHolds(stored, attempt, now)) return { state: 'in_flight', lease_until };
    const takeovers = stored.takeovers + 1;
    this.#statements
      .get(
        `UPDATE idempotency_keys SET attempt_id = ?, takeovers = ?, lease_until = ?, expires_at = ?
       WHERE scope = ? AND key = ?`,
      )
      .run(attempt.attempt_id, takeovers, attempt.lease_until, attempt.expires_at, scope, key);
    return { state: 'begun', image_id, takeovers };
  }

  #answer({ scope, key }: ScopedKey, attemptId: string, { fingerprint, content }: KeptAnswer): void {
    const { changes } = this.#statements
      .get(`UPDATE idempotency_keys SET fingerprint = ?, content = ? ${HELD}`)
      .run(fingerprint, JSON.stringify(content ?? null), scope, key, attemptId);
    if (changes === 0) {
      throw new DomainError('conflict', 'Another request has taken over the idempotency key.');
    }
  }

  #letGo(kind: 'key-free' | 'key-release', { scope, key }: ScopedKey, attemptId: string): void {
    const change =
      kind === 'key-free' ? 'DELETE FROM idempotency_keys' : 'UPDATE idempotency_keys SET lease_until = 0';
    this.#statements.get(`${change} ${HELD} ${UNANSWERED}`).run(scope, key, attemptId);
  }

  #sweep(now: number): void {
    this.#statements
      .get(
        `DELETE FROM idempotency_keys WHERE id IN
         (SELECT id FROM idempotency_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEPT})`,
      )
      .run(now);
  }
}
