import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { ANONYMOUS } from '../../domain/caller.ts';
import { DomainError, unavailable } from '../../domain/errors.ts';
import type { KeptAnswer } from '../../ports/idempotency-keys.ts';
import { fingerprintOf, idempotencyKey, once, type Turn } from './once.ts';

const REQUEST = { caller: ANONYMOUS, operation: 'upload-image', key: 'one' } as const;
const ANSWER: KeptAnswer = { fingerprint: 'f', content: 'done' };

/** Asks once more, and says what came of it: the turn that it was given, or the answer that was kept. */
async function ask(
  deps: ReturnType<typeof memoryDeps>['deps'],
  perform: (turn: Turn) => Promise<void> = async () => {},
  request: Parameters<typeof once>[1] = REQUEST,
): Promise<Turn | KeptAnswer> {
  return once<Turn | KeptAnswer>(deps, request, {
    perform: async (turn) => {
      await perform(turn);
      return { output: turn, answer: ANSWER };
    },
    replay: async (answer) => answer,
  });
}

const failing = (error: unknown) => () => Promise.reject(error);

describe('something that is done under a key', () => {
  test('is done once, and then answered from what was kept', async () => {
    const { deps } = memoryDeps();
    expect(await ask(deps)).toMatchObject({ takeovers: 0 });
    const never = failing(new Error('done twice'));
    for (let n = 0; n < 3; n++) expect(await ask(deps, never)).toEqual(ANSWER);
  });

  test('is another thing for another operation', async () => {
    const { deps } = memoryDeps();
    await ask(deps);
    const other = { ...REQUEST, operation: 'start-upload' } as const;
    expect(await ask(deps, async () => {}, other)).toMatchObject({ takeovers: 0 });
  });

  test('is refused while it is being done, with a time to wait', async () => {
    const { deps } = memoryDeps();
    await ask(deps, async () => {
      const meanwhile = await ask(deps).catch((error: unknown) => error);
      expect(meanwhile).toMatchObject({ code: 'conflict', retry_after_seconds: 5 });
    });
  });
});

describe('a failure', () => {
  test.each([
    ['a refusal', new DomainError('unprocessable_image', 'No image.')],
    ['a want of room', new DomainError('insufficient_storage', 'Full.')],
  ])('that is %s frees the key: the next has an image of its own', async (_what, error) => {
    const { deps } = memoryDeps();
    const ids: string[] = [];
    const remember = async ({ image_id }: Turn) => {
      ids.push(image_id);
    };
    const attempt = ask(deps, async (turn) => {
      await remember(turn);
      throw error;
    });
    await expect(attempt).rejects.toBe(error);
    expect(await ask(deps, remember)).toMatchObject({ takeovers: 0 });
    expect(new Set(ids).size).toBe(2);
  });

  test.each([
    ['unavailable, and may yet have been done', unavailable('Not now.', undefined)],
    ['a defect of ours', new TypeError('undefined is not a function')],
  ])('that is %s leaves the same image to the next, at once', async (_what, error) => {
    const { deps } = memoryDeps();
    let first = '';
    const attempt = ask(deps, async ({ image_id }) => {
      first = image_id;
      throw error;
    });
    await expect(attempt).rejects.toBe(error);
    expect(await ask(deps)).toMatchObject({ image_id: first, takeovers: 1 });
  });

  test('of one that took over, whatever it is, leaves the same image to the next', async () => {
    const { deps } = memoryDeps();
    await expect(ask(deps, failing(unavailable('Not now.', undefined)))).rejects.toThrow();
    await expect(ask(deps, failing(new DomainError('conflict', 'No.')))).rejects.toThrow();
    expect(await ask(deps)).toMatchObject({ takeovers: 2 });
  });

  test('to let go of the key is logged, and the first failure is told', async () => {
    const { deps, log } = memoryDeps();
    const gone = failing(unavailable('Gone.', undefined));
    const error = new DomainError('unprocessable_image', 'No image.');
    await expect(ask({ ...deps, keys: { ...deps.keys, free: gone } }, failing(error))).rejects.toBe(error);
    expect(log.map(({ level }) => level)).toEqual(['warn']);
  });

  test('to begin fails the request, and nothing is done', async () => {
    const { deps } = memoryDeps();
    const error = unavailable('Gone.', undefined);
    const keys = { ...deps.keys, begin: failing(error) };
    await expect(ask({ ...deps, keys }, failing(new Error('done')))).rejects.toBe(error);
  });

  test('to keep the answer is logged, and what was done is done; one that was overtaken says nothing', async () => {
    const { deps, log } = memoryDeps();
    const keepingFails = (error: DomainError) =>
      ask({ ...deps, keys: { ...deps.keys, answer: failing(error) } });
    expect(await keepingFails(unavailable('Gone.', undefined))).toMatchObject({ takeovers: 0 });
    expect(log.map(({ level }) => level)).toEqual(['error']);
    const other = memoryDeps();
    const answer = failing(new DomainError('conflict', 'Overtaken.'));
    expect(await ask({ ...other.deps, keys: { ...other.deps.keys, answer } })).toMatchObject({
      takeovers: 0,
    });
    expect(other.log).toEqual([]);
  });
});

describe('a key as it is sent', () => {
  test.each([
    ['abc', 'abc'],
    ['"abc"', 'abc'],
    ['a"b', 'a"b'],
    ['"a\\"b\\\\"', 'a"b\\'],
    ['a\\b', 'a\\b'],
    [' ', ' '],
    [`"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
    ['~'.repeat(255), '~'.repeat(255)],
  ])('%s is %s', (sent, key) => {
    expect(idempotencyKey(sent, 'Idempotency-Key')).toBe(key);
  });

  test.each([
    '',
    '""',
    '"',
    '"a',
    '"a"b',
    '"a" ',
    '"\\a"',
    `"${'a'.repeat(256)}"`,
    'a'.repeat(256),
    'é',
    'a\tb',
    '\u007f',
    7,
    null,
    undefined,
    ['a'],
  ])('%j is none, and the answer names the field', (sent) => {
    for (const field of ['Idempotency-Key', 'idempotency_key'] as const) {
      const read = () => idempotencyKey(sent, field);
      expect(read).toThrow(
        expect.objectContaining({
          code: 'invalid_request',
          errors: [{ field, message: expect.any(String) }],
        }),
      );
    }
  });
});

describe('a fingerprint', () => {
  const asked = { checksum_sha256: 'a', user_id: 'alice', title: null, tags: ['a', 'b'] };

  test('does not depend on the order of fields, nor on what is absent or null', () => {
    const again = { tags: ['a', 'b'], user_id: 'alice', checksum_sha256: 'a' };
    expect(fingerprintOf(again)).toBe(fingerprintOf(asked));
    expect(fingerprintOf(asked)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is another for any other value, and for a value in another place', () => {
    const others = [
      asked,
      { ...asked, title: '' },
      { ...asked, title: 'null' },
      { ...asked, description: 'x' },
      { ...asked, title: 'x' },
      { ...asked, user_id: 'Alice' },
      { ...asked, tags: ['b', 'a'] },
      { ...asked, tags: ['a,b'] },
      { ...asked, tags: ['a"', 'b'] },
      { ...asked, checksum_sha256: 'b' },
    ];
    expect(new Set(others.map(fingerprintOf)).size).toBe(others.length);
  });
});
