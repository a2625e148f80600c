import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import type { Attempt, IdempotencyKeys, KeyState, ScopedKey } from '../../src/ports/idempotency-keys.ts';

export interface OpenedIdempotencyKeys {
  readonly keys: IdempotencyKeys;
  close(): Promise<void>;
}

const NOW = Date.UTC(2026, 4, 4, 3, 2, 1);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const KEY: ScopedKey = { scope: 'upload-image:alice', key: 'one' };

function attemptAt(now: number): Attempt {
  return {
    attempt_id: randomUUID(),
    image_id: newImageId(now),
    lease_until: now + MINUTE,
    expires_at: now + DAY,
  };
}

const answerOf = (content: unknown) => ({ fingerprint: 'f'.repeat(64), content });

/** Begins at a time, and gives the attempt with what it was told. */
async function begin(
  keys: IdempotencyKeys,
  now: number,
  key = KEY,
): Promise<{ attempt: Attempt; told: KeyState }> {
  const attempt = attemptAt(now);
  return { attempt, told: await keys.begin(key, attempt, now) };
}

/** Every promise of the port, held against one driver. `open` gives an empty store. */
export function describeIdempotencyKeys(name: string, open: () => Promise<OpenedIdempotencyKeys>): void {
  describe(`idempotency keys: ${name}`, () => {
    let opened: OpenedIdempotencyKeys;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const keys = () => opened.keys;
    describe('beginning', () => describeBegin(keys));
    describe('taking over', () => describeTakeover(keys));
    describe('answering', () => describeAnswer(keys));
    describe('letting go', () => describeLettingGo(keys));
    describe('expiry', () => describeExpiry(keys));
    describe('scopes', () => describeScopes(keys));
  });
}

function describeBegin(keys: () => IdempotencyKeys): void {
  test('a new key is the attempt that asks for it, with the image that it brings', async () => {
    const { attempt, told } = await begin(keys(), NOW);
    expect(told).toEqual({ state: 'begun', image_id: attempt.image_id, takeovers: 0 });
  });

  test('while an attempt has its lease, others are told until when', async () => {
    const { attempt } = await begin(keys(), NOW);
    for (const now of [NOW, NOW + 1, NOW + MINUTE - 1]) {
      expect((await begin(keys(), now)).told).toEqual({
        state: 'in_flight',
        lease_until: attempt.lease_until,
      });
    }
  });

  test('an attempt that asks twice is told the same', async () => {
    const { attempt, told } = await begin(keys(), NOW);
    expect(await keys().begin(KEY, attempt, NOW + 1)).toEqual(told);
    expect((await begin(keys(), NOW + 2)).told.state).toBe('in_flight');
  });

  test('of 50 attempts at once one begins', async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => begin(keys(), NOW)));
    const begun = outcomes.filter(({ told }) => told.state === 'begun');
    expect(begun).toHaveLength(1);
    expect(outcomes.filter(({ told }) => told.state === 'in_flight')).toHaveLength(49);
    expect(begun[0]?.told).toMatchObject({ image_id: begun[0]?.attempt.image_id, takeovers: 0 });
  });
}

function describeTakeover(keys: () => IdempotencyKeys): void {
  test("once a lease has run out the next attempt gets the first one's image, again and again", async () => {
    const { attempt: first } = await begin(keys(), NOW);
    for (let takeovers = 1; takeovers <= 3; takeovers++) {
      const now = NOW + takeovers * MINUTE;
      const { told } = await begin(keys(), now);
      expect(told).toEqual({ state: 'begun', image_id: first.image_id, takeovers });
      expect((await begin(keys(), now + MINUTE - 1)).told).toEqual({
        state: 'in_flight',
        lease_until: now + MINUTE,
      });
    }
  });

  test('a lease that a clock took that was ahead does not hold once that is put right; one a little ahead does', async () => {
    const { attempt: first } = await begin(keys(), NOW + 3650 * DAY);
    const { told } = await begin(keys(), NOW);
    expect(told).toEqual({ state: 'begun', image_id: first.image_id, takeovers: 1 });
    for (const behind of [1, MINUTE, DAY]) {
      expect((await begin(keys(), NOW - behind)).told).toEqual({
        state: 'in_flight',
        lease_until: NOW + MINUTE,
      });
    }
    expect((await begin(keys(), NOW - DAY - 1)).told).toMatchObject({ state: 'begun', takeovers: 2 });
  });

  test('of 50 attempts at once one takes over', async () => {
    const { attempt: first } = await begin(keys(), NOW);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => begin(keys(), NOW + MINUTE)));
    const begun = outcomes.filter(({ told }) => told.state === 'begun');
    expect(begun.map(({ told }) => told)).toEqual([
      { state: 'begun', image_id: first.image_id, takeovers: 1 },
    ]);
    expect(outcomes.filter(({ told }) => told.state === 'in_flight')).toHaveLength(49);
  });

  test('an attempt that took over, and asks twice, is told the same', async () => {
    await begin(keys(), NOW);
    const { attempt, told } = await begin(keys(), NOW + MINUTE);
    expect(await keys().begin(KEY, attempt, NOW + MINUTE + 1)).toEqual(told);
  });

  test('an attempt that was overtaken can no longer answer, free the key or end the lease', async () => {
    const { attempt: first } = await begin(keys(), NOW);
    const { attempt: second } = await begin(keys(), NOW + MINUTE);
    const answering = keys().answer(KEY, first.attempt_id, answerOf('first'));
    await expect(answering).rejects.toMatchObject({ code: 'conflict' });
    await keys().free(KEY, first.attempt_id);
    await keys().release(KEY, first.attempt_id);
    expect((await begin(keys(), NOW + MINUTE + 1)).told.state).toBe('in_flight');
    await keys().answer(KEY, second.attempt_id, answerOf('second'));
    expect((await begin(keys(), NOW + MINUTE + 2)).told).toMatchObject({ answer: { content: 'second' } });
  });

  test('an attempt whose lease has run out, but which nobody has overtaken, can still answer', async () => {
    const { attempt } = await begin(keys(), NOW);
    await keys().answer(KEY, attempt.attempt_id, answerOf('late'));
    expect((await begin(keys(), NOW + 2 * MINUTE)).told).toMatchObject({ state: 'answered' });
  });
}

function describeAnswer(keys: () => IdempotencyKeys): void {
  test('what was answered is told to every later attempt, also after the lease', async () => {
    const { attempt } = await begin(keys(), NOW);
    const answer = answerOf({ image: { title: 'Osprey 🦅\u0000"\\', tags: ['a'], nothing: null, n: 1.5 } });
    await keys().answer(KEY, attempt.attempt_id, answer);
    for (const now of [NOW + 1, NOW + MINUTE, NOW + DAY - 1]) {
      expect((await begin(keys(), now)).told).toEqual({ state: 'answered', answer });
    }
  });

  test('an answer that is kept is nobody else to change', async () => {
    const { attempt } = await begin(keys(), NOW);
    const content = { tags: ['a'] };
    await keys().answer(KEY, attempt.attempt_id, answerOf(content));
    content.tags.push('b');
    const { told } = await begin(keys(), NOW + 1);
    expect(told).toEqual({ state: 'answered', answer: answerOf({ tags: ['a'] }) });
  });

  test('an answer of 300 KB comes back whole', async () => {
    const { attempt } = await begin(keys(), NOW);
    const answer = answerOf({ description: 'é'.repeat(150_000 - 100) });
    await keys().answer(KEY, attempt.attempt_id, answer);
    expect((await begin(keys(), NOW + 1)).told).toEqual({ state: 'answered', answer });
  });

  test('an answer may be sent twice, as after a lost reply', async () => {
    const { attempt } = await begin(keys(), NOW);
    await keys().answer(KEY, attempt.attempt_id, answerOf(1));
    await keys().answer(KEY, attempt.attempt_id, answerOf(1));
    expect((await begin(keys(), NOW + 1)).told).toEqual({ state: 'answered', answer: answerOf(1) });
  });

  test('there is nothing to answer under a key that nobody has begun', async () => {
    const answering = keys().answer(KEY, randomUUID(), answerOf(1));
    await expect(answering).rejects.toMatchObject({ code: 'conflict' });
    expect((await begin(keys(), NOW)).told.state).toBe('begun');
  });
}

function describeLettingGo(keys: () => IdempotencyKeys): void {
  test('a key that is freed is new: the next attempt begins with an image of its own', async () => {
    const { attempt: first } = await begin(keys(), NOW);
    await keys().free(KEY, first.attempt_id);
    const { attempt, told } = await begin(keys(), NOW + 1);
    expect(told).toEqual({ state: 'begun', image_id: attempt.image_id, takeovers: 0 });
    const answering = keys().answer(KEY, first.attempt_id, answerOf(1));
    await expect(answering).rejects.toMatchObject({ code: 'conflict' });
  });

  test('a key that is released is taken over at once, with the image of the first', async () => {
    const { attempt: first } = await begin(keys(), NOW);
    await keys().release(KEY, first.attempt_id);
    const { told } = await begin(keys(), NOW + 1);
    expect(told).toEqual({ state: 'begun', image_id: first.image_id, takeovers: 1 });
  });

  test('letting go twice, or of what nobody has, changes nothing', async () => {
    await keys().free(KEY, randomUUID());
    await keys().release(KEY, randomUUID());
    const { attempt: first, told } = await begin(keys(), NOW);
    expect(told).toMatchObject({ state: 'begun', takeovers: 0 });
    await keys().free(KEY, first.attempt_id);
    await begin(keys(), NOW + 1);
    await keys().free(KEY, first.attempt_id);
    await keys().release(KEY, first.attempt_id);
    expect((await begin(keys(), NOW + 2)).told.state).toBe('in_flight');
  });

  test.each(['free', 'release'] as const)('to %s an answered key changes nothing', async (letGo) => {
    const { attempt } = await begin(keys(), NOW);
    await keys().answer(KEY, attempt.attempt_id, answerOf(1));
    await keys()[letGo](KEY, attempt.attempt_id);
    expect((await begin(keys(), NOW + DAY - 1)).told).toEqual({ state: 'answered', answer: answerOf(1) });
  });
}

function describeExpiry(keys: () => IdempotencyKeys): void {
  test('a key that has expired counts as not there, answered or not', async () => {
    const other = { ...KEY, key: 'two' };
    const { attempt: first } = await begin(keys(), NOW);
    await keys().answer(KEY, first.attempt_id, answerOf(1));
    await keys().begin(other, { ...attemptAt(NOW), lease_until: NOW + 3 * DAY }, NOW);
    for (const key of [KEY, other]) {
      const { told } = await begin(keys(), NOW + DAY - 1, key);
      expect(told.state).not.toBe('begun');
    }
    for (const key of [KEY, other]) {
      const { attempt, told } = await begin(keys(), NOW + DAY, key);
      expect(told).toEqual({ state: 'begun', image_id: attempt.image_id, takeovers: 0 });
      expect((await begin(keys(), NOW + DAY + 1, key)).told.state).toBe('in_flight');
    }
  });

  test('is compared in milliseconds', async () => {
    await keys().begin(KEY, { ...attemptAt(NOW), lease_until: NOW + DAY, expires_at: NOW + 1234 }, NOW);
    expect((await begin(keys(), NOW + 1233)).told.state).toBe('in_flight');
    expect((await begin(keys(), NOW + 1234)).told).toMatchObject({ state: 'begun', takeovers: 0 });
  });

  test('of many keys at once is harmless to those that have not expired', async () => {
    const named = (key: string) => ({ ...KEY, key });
    for (let n = 0; n < 30; n++) {
      const attempt = { ...attemptAt(NOW), expires_at: NOW + (n % 2 === 0 ? 1000 : DAY) };
      await keys().begin(named(`key ${n}`), attempt, NOW);
    }
    for (let n = 0; n < 30; n++) {
      const { told } = await begin(keys(), NOW + 2000, named(`key ${n}`));
      expect(told.state).toBe(n % 2 === 0 ? 'begun' : 'in_flight');
    }
  });

  test('a takeover keeps the key for as long as its own attempt says', async () => {
    const { attempt: first } = await begin(keys(), NOW);
    await begin(keys(), NOW + DAY - 1);
    expect((await begin(keys(), NOW + DAY + MINUTE)).told).toEqual({
      state: 'begun',
      image_id: first.image_id,
      takeovers: 2,
    });
  });
}

function describeScopes(keys: () => IdempotencyKeys): void {
  test('keys of different scopes, and different keys, never meet, whatever characters they have', async () => {
    const pairs: [string, string][] = [
      ['a', 'b#c'],
      ['a#b', 'c'],
      ['a', 'b%23c'],
      ['a%23b', 'c'],
      ['', 'a#b#c'],
      ['a#b#c', ''],
      ['A', 'B#C'],
      ['a"', ',"b'],
      ['a', '","b'],
      ['a:b', ':'],
      ['a', ':b:'],
      ['é', 'x'],
      ['e\u0301', 'x'],
      ['🦅'.repeat(32), '~'.repeat(255)],
      ["' OR 1=1 --", '%'],
      ['a', 'b'],
      ['a', 'B'],
      ['a', 'b '],
      ['a ', 'b'],
      ['a', ' b'],
    ];
    const told: KeyState[] = [];
    for (const [scope, key] of pairs) told.push((await begin(keys(), NOW, { scope, key })).told);
    expect(told.map(({ state }) => state)).toEqual(pairs.map(() => 'begun'));
    for (const [scope, key] of pairs) {
      expect((await begin(keys(), NOW + 1, { scope, key })).told.state).toBe('in_flight');
    }
  });
}
