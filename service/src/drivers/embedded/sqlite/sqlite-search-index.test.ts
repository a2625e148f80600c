import { once } from 'node:events';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { sampleRecord } from '../../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { searchFor } from '../../../../test/support/search-for.ts';
import { rebuildSearch } from './search-table.ts';
import { SqliteSearchIndex } from './sqlite-search-index.ts';

async function openSearch() {
  const folder = await scratchFolder();
  const path = join(folder.path, 'index.db');
  const { database, index } = openDatabase(path);
  const search = new SqliteSearchIndex(path);
  return {
    database,
    index,
    search,
    find: (text: string) => search.find(searchFor(text), 10, null),
    async [Symbol.asyncDispose]() {
      await search.stop();
      database.close();
      await folder.remove();
    },
  };
}

test('searches that are asked at once are each answered', async () => {
  await using home = await openSearch();
  const records = Array.from({ length: 20 }, (_, n) => sampleRecord({ title: `number${n}` }));
  await Promise.all(records.map((record) => home.index.insert(record)));
  const pages = await Promise.all(records.map((_, n) => home.find(`"number${n}"`)));
  expect(pages.map(({ hits }) => hits.map(({ image_id }) => image_id))).toEqual(
    records.map(({ image_id }) => [image_id]),
  );
});

test('a thread that ends fails what it was asked, and the next search starts another', async () => {
  await using home = await openSearch();
  const record = sampleRecord();
  await home.index.insert(record);
  const begun = once(process, 'worker');
  const asked = home.find('osprey');
  const [worker] = (await begun) as [Worker];
  const outcome = expect(asked).rejects.toMatchObject({ code: 'unavailable' });
  await worker.terminate();
  await outcome;
  expect((await home.find('osprey')).hits).toMatchObject([{ image_id: record.image_id }]);
});

test('a thread that has failed and ends only later takes nothing from the one after it', async () => {
  await using home = await openSearch();
  const record = sampleRecord();
  await home.index.insert(record);
  const begun = once(process, 'worker');
  const asked = home.find('osprey');
  const [failed] = (await begun) as [Worker];
  const refused = expect(asked).rejects.toMatchObject({ code: 'unavailable' });
  failed.emit('error', new Error('out of memory'));
  await refused;
  const next = home.find('osprey');
  failed.emit('exit', 1);
  expect((await next).hits).toMatchObject([{ image_id: record.image_id }]);
  await failed.terminate();
});

test('once it has been stopped it starts no thread any more', async () => {
  await using home = await openSearch();
  await home.find('osprey');
  await home.search.stop();
  await expect(home.find('osprey')).rejects.toMatchObject({ code: 'unavailable' });
});

test('what SQLite cannot do is unavailable, says why to the log alone, and leaves the thread as it was', async () => {
  await using home = await openSearch();
  home.database.exec('ALTER TABLE images RENAME TO elsewhere');
  const failure = await home.find('osprey').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'unavailable',
    message: 'The search cannot do this now.',
    cause: expect.objectContaining({ message: expect.stringContaining('no such table') }),
  });
  home.database.exec('ALTER TABLE elsewhere RENAME TO images');
  expect((await home.find('osprey')).hits).toEqual([]);
});

test('so many wait for the thread and no more, and those that do are answered', async () => {
  await using home = await openSearch();
  const asked = Array.from({ length: 201 }, () =>
    home.find('osprey').then(
      () => 'answered',
      (error) => error,
    ),
  );
  const outcomes = await Promise.all(asked);
  expect(outcomes.filter((outcome) => outcome === 'answered')).toHaveLength(200);
  expect(outcomes.at(-1)).toMatchObject({ code: 'unavailable', retry_after_seconds: 1 });
  expect((await home.find('osprey')).hits).toEqual([]);
});

test('a table that is made anew finds what it found, and nothing else', async () => {
  await using home = await openSearch();
  const kept = sampleRecord({ title: 'Blåsippa', tags: ['new york', 'sea'] });
  const hidden = sampleRecord({ title: 'Blåsippa', status: 'scanning' });
  for (const record of [kept, hidden]) await home.index.insert(record);
  home.database.exec(`INSERT INTO search (rowid, title, image) VALUES (5, 'blasippa', 1)`);
  expect(rebuildSearch(home.database)).toBe(2);
  for (const text of ['blas', '"new york"', 'osprey.jpg']) {
    expect((await home.find(text)).hits.map(({ image_id }) => image_id)).toEqual([kept.image_id]);
  }
});
