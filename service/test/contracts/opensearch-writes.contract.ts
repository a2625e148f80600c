import { describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/domain/image.ts';
import { OpenSearchIndex } from '../../src/drivers/opensearch/opensearch-search-index.ts';
import { OpenSearchWriter } from '../../src/drivers/opensearch/opensearch-search-writer.ts';
import type { OpenedOpenSearch } from '../support/opened-opensearch.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { searchFor } from '../support/search-for.ts';

/** What is promised of writing, over an engine: the emulator and the real one answer alike. */
export function describeOpenSearchWrites(open: () => Promise<OpenedOpenSearch>): void {
  describe('writes', () => {
    const entryOf = (record: ImageRecord) => ({ image_id: record.image_id, record });
    const found = async ({ search, refresh }: OpenedOpenSearch, text: string) => {
      await refresh();
      return (await search.find(searchFor(text), 200, null)).hits.map(({ image_id }) => image_id);
    };

    test('may come in any order, and twice: what is newest is found', async () => {
      const opened = await open();
      const first = sampleRecord({ title: 'First', status: 'pending' });
      const states: ImageRecord[] = [
        first,
        { ...first, status: 'scanning' },
        { ...first, status: 'ready' },
        { ...first, status: 'ready', background_revision: 1 },
        { ...first, status: 'ready', title: 'Second', revision: 2, background_revision: 1 },
        { ...first, status: 'scanning', title: 'Third', version: 2, background_revision: 1 },
        { ...first, status: 'ready', title: 'Last', version: 2, background_revision: 2 },
      ];
      for (const state of [...states, ...states.toReversed(), ...states]) {
        expect(await opened.writer.write([entryOf(state)])).toEqual([]);
      }
      expect(await found(opened, 'last')).toEqual([first.image_id]);
      for (const word of ['first', 'second', 'third']) expect(await found(opened, word)).toEqual([]);
    });

    test('of an image that is gone win over all others', async () => {
      const opened = await open();
      const record = sampleRecord();
      await opened.writer.write([entryOf(record)]);
      const gone = { image_id: record.image_id, record: undefined };
      expect(await opened.writer.write([gone, gone])).toEqual([]);
      expect(
        await opened.writer.write([entryOf({ ...record, version: 900_000, revision: 900_000 })]),
      ).toEqual([]);
      expect(await found(opened, 'osprey')).toEqual([]);
    });

    test('that the engine refuses are named, and the others are done', async () => {
      const opened = await open();
      const immense = sampleRecord({ title: 'Osprey', tags: ['x'.repeat(40_000)] });
      const plain = sampleRecord({ title: 'Osprey' });
      const refused = await opened.writer.write([entryOf(immense), entryOf(plain)]);
      expect(refused.map(({ image_id }) => image_id)).toEqual([immense.image_id]);
      expect(await found(opened, 'osprey')).toEqual([plain.image_id]);
    });

    test('make the index with its fields where there is none, whichever of them is first', async () => {
      const { client, refresh: _refresh } = await open();
      const options = { client, index: `new-${crypto.randomUUID()}` };
      const writer = new OpenSearchWriter(options);
      const search = new OpenSearchIndex(options);
      await expect(search.find(searchFor('osprey'), 10, null)).rejects.toMatchObject({
        code: 'unavailable',
        cause: { message: expect.stringMatching('tintype reindex') },
      });
      const records = Array.from({ length: 5 }, () => sampleRecord({ tags: ['new york', 'night'] }));
      await Promise.all(records.map((record) => writer.write([entryOf(record)])));
      await client.send({ method: 'POST', path: `/${options.index}/_refresh` });
      expect((await search.find(searchFor('new-york'), 10, null)).hits).toHaveLength(5);
      expect((await search.find(searchFor('"york night"'), 10, null)).hits).toEqual([]);
      expect(await writer.prepare()).toBe(false);
    });

    test('are met by a walk, each once, whatever their status', async () => {
      const { writer } = await open();
      const records = Array.from({ length: 1203 }, (_, n) =>
        sampleRecord({ status: n % 3 === 0 ? 'pending' : 'ready' }),
      );
      await writer.write(records.map(entryOf));
      const met: string[] = [];
      for await (const ids of writer.walk()) met.push(...ids);
      expect(met).toEqual(records.map(({ image_id }) => image_id).sort());
    });
  });
}
