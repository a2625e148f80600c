import { describe, expect, test } from 'vitest';
import { DomainError } from '../../../domain/errors.ts';
import { GroupCommit } from './group-commit.ts';
import type { WriteOutcome } from './write-batch.ts';
import type { WriteCommand } from './write-command.ts';

/** A commit that ends when the test says so, and knows what it was given. */
class Commits {
  readonly batches: (readonly WriteCommand[])[] = [];
  readonly #ends: PromiseWithResolvers<readonly WriteOutcome[]>[] = [];
  running = 0;
  mostRunning = 0;

  readonly commit = async (commands: readonly WriteCommand[]): Promise<readonly WriteOutcome[]> => {
    this.batches.push(commands);
    const end = Promise.withResolvers<readonly WriteOutcome[]>();
    this.#ends.push(end);
    this.running++;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      return await end.promise;
    } finally {
      this.running--;
    }
  };

  /** Ends the n-th commit, with success for all unless something else is said. */
  succeed(n: number, outcomes?: readonly WriteOutcome[]): void {
    this.#ends[n]?.resolve(outcomes ?? (this.batches[n] ?? []).map(() => ({ ok: true })));
  }

  fail(n: number, error: Error): void {
    this.#ends[n]?.reject(error);
  }

  get sizes(): number[] {
    return this.batches.map((batch) => batch.length);
  }
}

const removal = (revision: number): WriteCommand => ({
  kind: 'remove',
  previous: {
    image_id: '019b7600-0000-7000-8000-000000000000',
    version: 1,
    revision,
    background_revision: 0,
    status: 'ready',
  },
});

const writeMany = (group: GroupCommit, from: number, count: number) =>
  Promise.allSettled(Array.from({ length: count }, (_, n) => group.write(removal(from + n))));

/** Lets everything run that does not wait for something outside. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('writes share commits', () => {
  test('one that comes alone is committed at once', async () => {
    const commits = new Commits();
    const write = new GroupCommit(commits.commit).write(removal(1));
    expect(commits.batches).toEqual([[removal(1)]]);
    commits.succeed(0);
    await expect(write).resolves.toBeUndefined();
  });

  test('those that come while one is being committed are the next batch, in their order', async () => {
    const commits = new Commits();
    const group = new GroupCommit(commits.commit);
    const first = group.write(removal(0));
    const rest = writeMany(group, 1, 5);
    await settle();
    expect(commits.sizes).toEqual([1]);
    commits.succeed(0);
    await first;
    await settle();
    expect(commits.batches[1]).toEqual([1, 2, 3, 4, 5].map(removal));
    commits.succeed(1);
    expect((await rest).every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(commits.mostRunning).toBe(1);
  });

  test('a batch has a largest size, and there is one at a time', async () => {
    const commits = new Commits();
    const group = new GroupCommit(commits.commit);
    const writes = writeMany(group, 0, 600);
    for (let n = 0; n < 4; n++) {
      commits.succeed(n);
      await settle();
    }
    expect((await writes).filter(({ status }) => status === 'fulfilled')).toHaveLength(600);
    expect(commits.sizes).toEqual([1, 256, 256, 87]);
    expect(commits.batches.flat()).toEqual(Array.from({ length: 600 }, (_, n) => removal(n)));
    expect(commits.mostRunning).toBe(1);
  });

  test('a write is not done before its batch is', async () => {
    const commits = new Commits();
    const group = new GroupCommit(commits.commit);
    let done = 0;
    const writes = [0, 1].map((n) => group.write(removal(n)).then(() => done++));
    await settle();
    expect(done).toBe(0);
    commits.succeed(0);
    await settle();
    expect(done).toBe(1);
    commits.succeed(1);
    await Promise.all(writes);
    expect(done).toBe(2);
  });
});

describe('failures', () => {
  test('each write of a batch has the outcome that is its own', async () => {
    const commits = new Commits();
    const group = new GroupCommit(commits.commit);
    const first = group.write(removal(0));
    const rest = writeMany(group, 1, 3);
    commits.succeed(0);
    await first;
    await settle();
    const conflict = { ok: false, code: 'conflict', message: 'Changed.', cause: 'by another' } as const;
    commits.succeed(1, [{ ok: true }, conflict, { ok: true }]);
    const outcomes = await rest;
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const reason: unknown = outcomes[1]?.status === 'rejected' ? outcomes[1].reason : undefined;
    expect(reason).toBeInstanceOf(DomainError);
    expect(reason).toMatchObject({ code: 'conflict', message: 'Changed.', cause: 'by another' });
  });

  test('a batch that fails fails all of its writes, and the next goes on', async () => {
    const commits = new Commits();
    const group = new GroupCommit(commits.commit);
    const first = group.write(removal(0));
    const failing = writeMany(group, 1, 3);
    commits.succeed(0);
    await first;
    await settle();
    const later = writeMany(group, 4, 2);
    const error = new DomainError('unavailable', 'Not now.');
    commits.fail(1, error);
    expect(await failing).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: error })));
    await settle();
    expect(commits.batches[2]).toEqual([removal(4), removal(5)]);
    commits.succeed(2);
    expect((await later).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  });

  test('a commit that cannot even begin fails its writes', async () => {
    const group = new GroupCommit(() => {
      throw new Error('cannot be sent');
    });
    await expect(group.write(removal(0))).rejects.toThrow('cannot be sent');
    await expect(group.write(removal(1))).rejects.toThrow('cannot be sent');
  });

  test('a write that gets no answer fails', async () => {
    const commits = new Commits();
    const write = new GroupCommit(commits.commit).write(removal(0));
    commits.succeed(0, []);
    await expect(write).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('draining', () => {
  test('is done at once when nothing is under way', async () => {
    const commits = new Commits();
    const group = new GroupCommit(commits.commit);
    await expect(group.drain()).resolves.toBeUndefined();
    const write = group.write(removal(0));
    commits.succeed(0);
    await write;
    await expect(group.drain()).resolves.toBeUndefined();
  });

  test('waits for all that was asked for, also for what fails', async () => {
    const commits = new Commits();
    const group = new GroupCommit(commits.commit);
    const writes = writeMany(group, 0, 3);
    let drained = false;
    const draining = group.drain().then(() => {
      drained = true;
    });
    commits.succeed(0);
    await settle();
    expect(drained).toBe(false);
    commits.fail(1, new Error('failed'));
    await draining;
    expect((await writes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });
});
