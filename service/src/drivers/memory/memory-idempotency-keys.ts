import { DomainError } from '../../domain/errors.ts';
import { leaseHolds } from '../../domain/lease.ts';
import type { Attempt, IdempotencyKeys, KeptAnswer, ScopedKey } from '../../ports/idempotency-keys.ts';

interface StoredKey extends Attempt {
  readonly takeovers: number;
  /** As JSON: what is kept is nobody's to change. */
  readonly answer?: string;
}

/** Keys in memory, for tests: the port's promises in their plainest form. */
export function createMemoryIdempotencyKeys(): IdempotencyKeys {
  const keys = new Map<string, StoredKey>();
  const nameOf = ({ scope, key }: ScopedKey) => JSON.stringify([scope, key]);
  /** The key, if the attempt has it and has not answered. */
  const heldBy = (name: string, attempt_id: string) => {
    const stored = keys.get(name);
    return stored?.attempt_id === attempt_id && stored.answer === undefined ? stored : undefined;
  };
  return {
    async begin(key, attempt, now) {
      const name = nameOf(key);
      const stored = keys.get(name);
      if (!stored || stored.expires_at <= now) {
        keys.set(name, { ...attempt, takeovers: 0 });
        return { state: 'begun', image_id: attempt.image_id, takeovers: 0 };
      }
      const { image_id, lease_until, answer } = stored;
      if (answer !== undefined) return { state: 'answered', answer: JSON.parse(answer) as KeptAnswer };
      if (stored.attempt_id === attempt.attempt_id) {
        return { state: 'begun', image_id, takeovers: stored.takeovers };
      }
      if (leaseHolds(stored, attempt, now)) return { state: 'in_flight', lease_until };
      const takeovers = stored.takeovers + 1;
      keys.set(name, { ...attempt, image_id, takeovers });
      return { state: 'begun', image_id, takeovers };
    },
    async answer(key, attempt_id, answer) {
      const name = nameOf(key);
      const stored = keys.get(name);
      if (stored?.attempt_id !== attempt_id) {
        throw new DomainError('conflict', 'Another request has taken over the idempotency key.');
      }
      keys.set(name, { ...stored, answer: JSON.stringify(answer) });
    },
    async free(key, attempt_id) {
      if (heldBy(nameOf(key), attempt_id)) keys.delete(nameOf(key));
    },
    async release(key, attempt_id) {
      const stored = heldBy(nameOf(key), attempt_id);
      if (stored) keys.set(nameOf(key), { ...stored, lease_until: 0 });
    },
  };
}
