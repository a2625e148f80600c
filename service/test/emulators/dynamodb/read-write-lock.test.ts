import { describe, expect, test } from 'vitest';
import { ReadWriteLock } from './read-write-lock.ts';

/** Work that goes on until it is told to end, and writes down when it began. */
function work(name: string, begun: string[]) {
  const gate = Promise.withResolvers<string>();
  const run = () => {
    begun.push(name);
    return gate.promise;
  };
  return { run, end: () => gate.resolve(name) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the lock', () => {
  test('lets reads run together', async () => {
    const lock = new ReadWriteLock();
    const begun: string[] = [];
    const [one, two] = [work('one', begun), work('two', begun)];
    const done = [lock.shared(one.run), lock.shared(two.run)];
    await settled();
    expect(begun).toEqual(['one', 'two']);
    one.end();
    two.end();
    expect(await Promise.all(done)).toEqual(['one', 'two']);
  });

  test('lets a write run alone, in its turn', async () => {
    const lock = new ReadWriteLock();
    const begun: string[] = [];
    const works = ['read', 'write', 'later read'].map((name) => work(name, begun));
    const [read, write, later] = works;
    const done = [
      lock.shared(read?.run ?? fail),
      lock.exclusive(write?.run ?? fail),
      lock.shared(later?.run ?? fail),
    ];
    await settled();
    expect(begun).toEqual(['read']);
    read?.end();
    await settled();
    expect(begun).toEqual(['read', 'write']);
    write?.end();
    await settled();
    expect(begun).toEqual(['read', 'write', 'later read']);
    later?.end();
    await Promise.all(done);
  });

  test('is free again after a failure', async () => {
    const lock = new ReadWriteLock();
    await expect(lock.exclusive(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await lock.exclusive(async () => 'free')).toBe('free');
  });
});

function fail(): never {
  throw new Error('There are three works.');
}
