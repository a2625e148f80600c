import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

/** An act that goes on until it is told to end. */
function act(log: string[], name: string) {
  const end = Promise.withResolvers<string>();
  const run = async () => {
    log.push(`${name} begins`);
    const result = await end.promise;
    log.push(`${name} ends`);
    return result;
  };
  return { run, end };
}

/** Lets all that can go on do so. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('those who name the same thing act one after the other, in their order', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const [first, second] = [act(log, 'first'), act(log, 'second')];
  const results = [turns.take('a', first.run), turns.take('a', second.run)];
  await settled();
  expect(log).toEqual(['first begins']);
  second.end.resolve('2');
  first.end.resolve('1');
  expect(await Promise.all(results)).toEqual(['1', '2']);
  expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});

test('those who name other things wait for nobody', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const [first, second] = [act(log, 'first'), act(log, 'second')];
  const one = turns.take('a', first.run);
  const other = turns.take('b', second.run);
  second.end.resolve('2');
  expect(await other).toBe('2');
  expect(log).toEqual(['first begins', 'second begins', 'second ends']);
  first.end.resolve('1');
  expect(await one).toBe('1');
});

test('a failure is told to whoever failed, and the next has its turn all the same', async () => {
  const turns = new Turns();
  const failing = turns.take('a', async () => {
    throw new Error('mine');
  });
  const next = turns.take('a', async () => 'fine');
  await expect(failing).rejects.toThrow('mine');
  expect(await next).toBe('fine');
  expect(await turns.take('a', async () => 'later')).toBe('later');
});
