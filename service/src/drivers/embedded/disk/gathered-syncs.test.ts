import { expect, test } from 'vitest';
import { GatheredSyncs } from './gathered-syncs.ts';

/** Syncs that end when they are told to, in the order in which they have begun. */
function newSyncs() {
  const begun: { readonly folder: string; readonly end: (failure?: Error) => void }[] = [];
  const syncs = new GatheredSyncs((folder) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    begun.push({ folder, end: (failure) => (failure ? reject(failure) : resolve()) });
    return promise;
  });
  return { syncs, begun, folders: () => begun.map(({ folder }) => folder) };
}

test('those who come at the same time share one sync, which begins with the last of them', async () => {
  const { syncs, begun, folders } = newSyncs();
  const all = [1, 2, 3].map(() => syncs.coming('a'));
  const other = syncs.coming('b').arrived();
  expect(folders()).toEqual(['b']);
  const [first, second] = all.slice(0, 2).map((each) => each.arrived());
  expect(folders()).toEqual(['b']);
  const third = all[2]?.arrived();
  expect(folders()).toEqual(['b', 'a']);
  for (const { end } of begun) end();
  await Promise.all([first, second, third, other]);
});

test('those who come once the first is there are waited for by nobody, and share the next', async () => {
  const { syncs, begun, folders } = newSyncs();
  const [first, second] = [syncs.coming('a'), syncs.coming('a')];
  const one = first.arrived();
  const late = syncs.coming('a');
  const two = second.arrived();
  expect(folders()).toEqual(['a']);
  const three = late.arrived();
  expect(folders()).toEqual(['a', 'a']);
  for (const { end } of begun) end();
  await Promise.all([one, two, three]);
});

test('who does not arrive keeps nobody waiting, and a failure is told to all whose sync it was', async () => {
  const { syncs, begun, folders } = newSyncs();
  const [first, second] = [syncs.coming('a'), syncs.coming('a')];
  const one = first.arrived();
  second.gone();
  expect(folders()).toEqual(['a']);
  first.gone();
  expect(folders()).toEqual(['a']);
  begun[0]?.end(new Error('broken'));
  await expect(one).rejects.toThrow('broken');
});

test('where nobody arrives nothing is synced', () => {
  const { syncs, folders } = newSyncs();
  const all = [syncs.coming('a'), syncs.coming('a')];
  for (const each of all) each.gone();
  expect(folders()).toEqual([]);
});
