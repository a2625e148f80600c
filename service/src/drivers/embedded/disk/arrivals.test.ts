import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { Arrivals } from './arrivals.ts';
import { DurableFolders } from './durable-folders.ts';

const TEXTS = Array.from({ length: 20 }, (_, index) => `text ${index}`);

test('of files that arrive at one place at once the last stays, and nothing of the others', async () => {
  await using scratch = await scratchFolder();
  const arrivals = new Arrivals(new DurableFolders());
  const place = { folder: join(scratch.path, 'a', 'b'), prefix: '@' };
  const temporary = TEXTS.map((_text, index) => join(scratch.path, `temporary-${index}`));
  for (const [index, path] of temporary.entries()) await writeFile(path, TEXTS[index] ?? '');
  const names = await Promise.all(temporary.map((path) => arrivals.add(path, place, true)));
  expect(new Set(names).size).toBe(TEXTS.length);
  const latest = await arrivals.latest(place);
  expect(latest).toBe(names.at(-1));
  expect(await readdir(place.folder)).toEqual([`@${latest}`]);
  expect(await readFile(join(place.folder, `@${latest}`), 'utf8')).toBe(TEXTS.at(-1));
  await arrivals.remove(place);
  expect(await readdir(join(scratch.path, 'a'))).toEqual([]);
});

test('places of one folder do not get into each other', async () => {
  await using scratch = await scratchFolder();
  const arrivals = new Arrivals(new DurableFolders());
  const folder = join(scratch.path, 'parts');
  await mkdir(folder);
  const prefixes = ['1@', '11@', '2@'];
  const added = prefixes.map(async (prefix) => {
    const path = join(scratch.path, `temporary-${prefix}`);
    await writeFile(path, prefix);
    return arrivals.add(path, { folder, prefix }, false);
  });
  const names = await Promise.all(added);
  for (const [index, prefix] of prefixes.entries()) {
    expect(await arrivals.latest({ folder, prefix })).toBe(names[index]);
  }
  await arrivals.remove({ folder, prefix: '1@' });
  expect(await arrivals.latest({ folder, prefix: '1@' })).toBeUndefined();
  expect((await readdir(folder)).sort()).toEqual([`11@${names[1]}`, `2@${names[2]}`]);
});

test('a file does not arrive where there is no folder, unless one may be made', async () => {
  await using scratch = await scratchFolder();
  const arrivals = new Arrivals(new DurableFolders());
  const path = join(scratch.path, 'temporary');
  await writeFile(path, 'text');
  const place = { folder: join(scratch.path, 'gone'), prefix: '1@' };
  expect(await arrivals.add(path, place, false)).toBeUndefined();
  expect(await readdir(scratch.path)).toEqual(['temporary']);
  expect(await arrivals.add(path, place, true)).toBe(await arrivals.latest(place));
  expect(await readdir(scratch.path)).toEqual(['gone']);
});
