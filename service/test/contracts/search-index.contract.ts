import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageRecord, ImageStatus } from '../../src/domain/image.ts';
import type { Search, SearchPosition } from '../../src/domain/search.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { createMemorySearchIndex } from '../../src/drivers/memory/memory-search-index.ts';
import type { SearchIndex } from '../../src/ports/search-index.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { searchFor } from '../support/search-for.ts';
import type { ContractScale } from './scale.ts';

export interface OpenedSearchIndex {
  readonly search: SearchIndex;
  /** Has images found as their records say; of one that was there before, as its new one says. */
  put(records: readonly ImageRecord[]): Promise<void>;
  /** Has an image found no more. */
  remove(record: ImageRecord): Promise<void>;
  close(): Promise<void>;
}

/** Every promise of the port, held against one driver. `open` gives one that finds nothing yet. */
export function describeSearchIndex(
  name: string,
  open: () => Promise<OpenedSearchIndex>,
  scale: ContractScale,
): void {
  describe(`search index: ${name}`, () => {
    let opened: OpenedSearchIndex;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const home = () => opened;
    describe('words', () => describeWords(home));
    describe('filters', () => describeFilters(home));
    describe('order', () => describeOrder(home));
    describe('changes', () => describeChanges(home));
    test('finds what the plainest index finds, in the same order, on pages of every size', async () => {
      await holdAgainstMemory(opened, scale);
    });
  });
}

/** All that is found, page by page. */
async function found(index: SearchIndex, search: Search, limit = 200): Promise<string[]> {
  const ids: string[] = [];
  for (let after: SearchPosition | null = null, pages = 0; pages < 10_000; pages++) {
    const page = await index.find(search, limit, after);
    expect(page.hits.length).toBeLessThanOrEqual(limit);
    ids.push(...page.hits.map(({ image_id }) => image_id));
    if (page.next === null) return ids;
    after = page.next;
  }
  throw new Error('The search does not end.');
}

const BLANK = { title: null, tags: [], filename: null, description: null };

const at = (second: number) => new Date(Date.UTC(2026, 4, 4, 3, 2, second)).toISOString();

function describeWords(home: () => OpenedSearchIndex): void {
  const cases: readonly (readonly [string, Partial<ImageRecord>, readonly string[], readonly string[]])[] = [
    [
      'a title',
      { title: 'Osprey at dusk' },
      ['osprey', 'DUSK', 'dusk osprey', 'osp', 'at os'],
      ['spr', 'ospreys'],
    ],
    [
      'a tag',
      { tags: ['new york', 'night'] },
      ['york', '"new york"', 'night new', 'new-york'],
      ['"york night"'],
    ],
    [
      'a filename',
      { filename: 'IMG_0042.jpg' },
      ['img', '0042', 'IMG_0042.jpg', 'img_00'],
      ['42', '004 img'],
    ],
    ['a description', { description: 'By the\nlake.' }, ['lake', 'the lake', '"the lake"'], ['"lake the"']],
    ['several texts', { title: 'Osprey', description: 'lake' }, ['osprey lake', 'lake osp'], ['osprey sea']],
    [
      'diacritics',
      { title: 'Crème brûlée, Łódź, Straße' },
      ['creme brulee', 'CRÈME', 'lodz', 'strasse'],
      ['cr me'],
    ],
    ['no diacritics', { title: 'Creme' }, ['crème', 'CRÉME'], ['créem']],
    [
      'a script without spaces',
      { title: '東京タワーの夜' },
      ['東京', 'タワー', '夜', '京タ'],
      ['京東', '大阪'],
    ],
    ['Cyrillic and Greek', { title: 'Ёлка Άνοιξη' }, ['елка', 'ανοιξη', 'ЁЛКА'], ['лка']],
    [
      'what an engine could take for its own language',
      { title: 'a OR b NOT c* NEAR title:x' },
      ['a OR b', 'or', 'NOT c*', 'title:x', '"a or b" near', "a' OR b--", '{title} : or', '(a AND" or'],
      ['zebra OR a', 'a NOT zebra', 'z* '],
    ],
  ];
  test.each(cases)('are found in %s', async (_what, texts, finding, missing) => {
    const record = sampleRecord({ ...BLANK, ...texts });
    const other = sampleRecord({ ...BLANK, title: 'Something else' });
    await home().put([record, other]);
    for (const text of finding) {
      const expected = text === '(a AND" or' ? [] : [record.image_id];
      expect([text, await found(home().search, searchFor(text))]).toEqual([text, expected]);
    }
    for (const text of missing) {
      expect([text, await found(home().search, searchFor(text))]).toEqual([text, []]);
    }
  });

  test('only the last goes on, and in quotes not even that', async () => {
    const record = sampleRecord({ ...BLANK, title: 'Osprey flying' });
    await home().put([record]);
    const ids = [record.image_id];
    expect(await found(home().search, searchFor('osprey fl'))).toEqual(ids);
    expect(await found(home().search, searchFor('osp flying'))).toEqual([]);
    expect(await found(home().search, searchFor('"osprey fl"'))).toEqual([]);
    expect(await found(home().search, searchFor('"osprey flying"'))).toEqual(ids);
  });

  test('as many and as long as a text may have are found', async () => {
    const long = 'x'.repeat(200);
    const description = Array.from({ length: 400 }, (_, n) => `w${n}`).join(' ');
    const record = sampleRecord({ ...BLANK, title: long, description });
    await home().put([record]);
    const twenty = Array.from({ length: 20 }, (_, n) => `w${n * 19}`).join(' ');
    for (const text of [long, 'x'.repeat(199), twenty, 'w399']) {
      expect(await found(home().search, searchFor(text))).toEqual([record.image_id]);
    }
  });
}

function describeFilters(home: () => OpenedSearchIndex): void {
  const sea = (differing: Partial<ImageRecord>) => sampleRecord({ ...BLANK, title: 'Sea', ...differing });

  test('all have to be met', async () => {
    const alice = sea({ user_id: 'alice', tags: ['bird', 'dusk'], upload_time: at(1) });
    const bob = sea({ user_id: 'bob', tags: ['bird'], upload_time: at(2) });
    const plain = sea({ user_id: 'alice', upload_time: at(3) });
    await home().put([alice, bob, plain]);
    const finds = async (filter: Partial<Search['filter']>) =>
      found(home().search, searchFor('sea', { filter: { tags: [], uploaded: {}, ...filter } }));
    expect(await finds({})).toEqual([plain, bob, alice].map(({ image_id }) => image_id));
    expect(await finds({ user_id: 'alice' })).toEqual([plain.image_id, alice.image_id]);
    expect(await finds({ tags: ['bird'] })).toEqual([bob.image_id, alice.image_id]);
    expect(await finds({ tags: ['bird', 'dusk'] })).toEqual([alice.image_id]);
    expect(await finds({ user_id: 'bob', tags: ['bird'] })).toEqual([bob.image_id]);
    expect(await finds({ user_id: 'nobody' })).toEqual([]);
    expect(await finds({ tags: ['unknown'] })).toEqual([]);
    expect(await finds({ uploaded: { from: Date.parse(at(2)) } })).toEqual([plain.image_id, bob.image_id]);
    expect(await finds({ uploaded: { before: Date.parse(at(2)) } })).toEqual([alice.image_id]);
    expect(await finds({ uploaded: { from: Date.parse(at(2)), before: Date.parse(at(3)) } })).toEqual([
      bob.image_id,
    ]);
    expect(await finds({ uploaded: { from: -1, before: 8.64e15 } })).toHaveLength(3);
  });

  test('a user or a tag is not taken for a word, nor one for another that looks like it', async () => {
    const users = ['u1', 'U1', 'u-1', 'alice#', 'alice', 'u', '1', '🦅', 'a b'];
    const records = users.map((user_id, n) =>
      sea({ user_id, tags: [`${user_id.toLowerCase()} tag`], upload_time: at(n) }),
    );
    await home().put(records);
    for (const { user_id, image_id } of records) {
      expect(
        await found(home().search, searchFor('sea', { filter: { user_id, tags: [], uploaded: {} } })),
      ).toEqual([image_id]);
    }
    expect(await found(home().search, searchFor('alice'))).toEqual(
      ['alice', 'alice#'].map((name) => records.find(({ user_id }) => user_id === name)?.image_id),
    );
  });

  test('what is not ready, or in the trash, is found only when it is asked for', async () => {
    const ready = sea({ upload_time: at(1) });
    const scanning = sea({ status: 'scanning', upload_time: at(2) });
    const deleted = sea({ deleted_at: at(30), upload_time: at(3) });
    const rejectedAndDeleted = sea({ status: 'rejected', deleted_at: at(30), upload_time: at(4) });
    await home().put([ready, scanning, deleted, rejectedAndDeleted]);
    const finds = async (status?: 'scanning' | 'deleted' | 'rejected') =>
      found(
        home().search,
        searchFor('sea', { filter: { user_id: 'alice', tags: [], uploaded: {}, ...(status && { status }) } }),
      );
    expect(await finds()).toEqual([ready.image_id]);
    expect(await finds('scanning')).toEqual([scanning.image_id]);
    expect(await finds('rejected')).toEqual([]);
    expect(await finds('deleted')).toEqual([rejectedAndDeleted.image_id, deleted.image_id]);
    for (const word of ['hidden', 'deleted', 'scanning', 'u1', 't1']) {
      expect(await found(home().search, searchFor(word))).toEqual([]);
    }
  });
}

function describeOrder(home: () => OpenedSearchIndex): void {
  test('by relevance, what has all words in its title comes first, then tags, filename, description', async () => {
    const record = (second: number, texts: Partial<ImageRecord>) =>
      sampleRecord({ ...BLANK, upload_time: at(second), ...texts });
    const anywhere = record(9, { title: 'Lake', description: 'an osprey' });
    const file = record(8, { tags: ['lake'], filename: 'osprey.jpg' });
    const tags = record(7, { title: 'Osprey', tags: ['lake'] });
    const title = record(1, { title: 'Osprey, lake' });
    const newer = record(2, { title: 'The lake of the osprey', description: 'osprey lake' });
    await home().put([anywhere, file, tags, title, newer, record(5, { title: 'Lake' })]);
    const ids = [newer, title, tags, file, anywhere].map(({ image_id }) => image_id);
    const search = searchFor('osprey lake', { order: 'relevance' });
    for (const limit of [1, 2, 3, 200]) expect(await found(home().search, search, limit)).toEqual(ids);
    expect((await home().search.find(search, 200, null)).hits.map(({ rank }) => rank)).toEqual([
      0, 0, 1, 2, 3,
    ]);
  });

  test.each(['newest', 'oldest', 'relevance'] as const)(
    'images of one millisecond are in the order of their ids, by %s',
    async (order) => {
      const records = Array.from({ length: 25 }, (_, n) =>
        sampleRecord({ ...BLANK, title: 'Sea', upload_time: at(Math.floor(n / 10)) }),
      );
      await home().put(records);
      const sorted = records
        .map(({ upload_time, image_id }) => `${upload_time} ${image_id}`)
        .sort()
        .map((place) => place.split(' ')[1]);
      const expected = order === 'oldest' ? sorted : sorted.reverse();
      for (const limit of [1, 3, 10, 200]) {
        expect(await found(home().search, searchFor('sea', { order }), limit)).toEqual(expected);
      }
    },
  );
}

function describeChanges(home: () => OpenedSearchIndex): void {
  test('are found as they are written', async () => {
    const pending = sampleRecord({ ...BLANK, title: 'Sea', status: 'pending', upload_time: at(1) });
    await home().put([pending]);
    expect(await found(home().search, searchFor('sea'))).toEqual([]);
    const ready = { ...pending, status: 'ready' as const, upload_time: at(9), version: 1, revision: 2 };
    await home().put([ready]);
    expect(await found(home().search, searchFor('sea'))).toEqual([ready.image_id]);
    const renamed = { ...ready, title: 'Lake', tags: ['calm'], revision: 3 };
    await home().put([renamed]);
    expect(await found(home().search, searchFor('sea'))).toEqual([]);
    expect(await found(home().search, searchFor('lake calm'))).toEqual([ready.image_id]);
    const trashed = { ...renamed, deleted_at: at(20), revision: 4 };
    await home().put([trashed]);
    expect(await found(home().search, searchFor('lake'))).toEqual([]);
    const restored = { ...trashed, deleted_at: null, revision: 5 };
    await home().put([restored]);
    expect(await found(home().search, searchFor('lake'))).toEqual([ready.image_id]);
    await home().remove(restored);
    expect(await found(home().search, searchFor('lake'))).toEqual([]);
  });

  test('paging gives what stays exactly once, whatever comes and goes', async () => {
    const records = Array.from({ length: 60 }, (_, n) =>
      sampleRecord({ ...BLANK, title: n % 2 ? 'Sea' : 'Sea lake', upload_time: at(n) }),
    );
    await home().put(records);
    for (const order of ['newest', 'oldest', 'relevance'] as const) {
      const search = searchFor('sea', { order });
      const expected = await found(home().search, search);
      const seen: string[] = [];
      const passing: ImageRecord[] = [];
      for (let after: SearchPosition | null = null, pages = 0; ; pages++) {
        const page = await home().search.find(search, 7, after);
        seen.push(...page.hits.map(({ image_id }) => image_id));
        if (page.next === null) break;
        after = page.next;
        const come = [0, 30, 59].map((second) =>
          sampleRecord({ ...BLANK, title: 'Sea', upload_time: at(second) }),
        );
        await home().put(come);
        for (const gone of passing.splice(0)) await home().remove(gone);
        passing.push(...come);
        expect(pages).toBeLessThan(50);
      }
      for (const gone of passing) await home().remove(gone);
      expect(seen.filter((id) => expected.includes(id))).toEqual(expected);
      expect(new Set(seen).size).toBe(seen.length);
    }
  });
}

const WORDS = ['sea', 'seal', 'lake', 'été', 'ete', '海', 'img_1', 'a'];
const anyText = fc.option(
  fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 }).map((words) => words.join(' ')),
  { nil: null },
);
const anyRecord = fc
  .record({
    image_id: fc.uuid({ version: 7 }),
    user_id: fc.constantFrom('alice', 'bob'),
    title: anyText,
    description: anyText,
    filename: anyText,
    tags: fc.uniqueArray(fc.constantFrom('sea', 'lake', 'sea lake', 'dusk'), { maxLength: 3 }),
    upload_time: fc.integer({ min: 0, max: 30 }).map(at),
    status: fc.constantFrom<ImageStatus>('ready', 'ready', 'ready', 'scanning'),
    deleted_at: fc.constantFrom(null, null, null, at(59)),
  })
  .map(sampleRecord);

const anySearch: fc.Arbitrary<Search> = fc
  .record({
    words: fc.array(fc.constantFrom(...WORDS, 'se', 'la', '"sea lake"', '"lake"', 'no'), {
      minLength: 1,
      maxLength: 3,
    }),
    user_id: fc.option(fc.constantFrom('alice', 'bob'), { nil: undefined }),
    tags: fc.subarray(['dusk', 'sea'], { maxLength: 1 }),
    from: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
    order: fc.constantFrom<Search['order']>('newest', 'oldest', 'relevance'),
  })
  .map(({ words, user_id, tags, from, order }) =>
    searchFor(words.join(' '), {
      filter: {
        ...(user_id === undefined ? {} : { user_id }),
        tags,
        uploaded: from === undefined ? {} : { from: Date.parse(at(from)) },
      },
      order,
    }),
  );

async function holdAgainstMemory(opened: OpenedSearchIndex, scale: ContractScale): Promise<void> {
  const records = fc.sample(anyRecord, { seed: 11, numRuns: 300 * scale.records });
  const memory = createMemoryImageIndex();
  for (const record of records) await memory.insert(record);
  const plainest = createMemorySearchIndex(memory);
  await opened.put(records);
  let hits = 0;
  for (const search of fc.sample(anySearch, { seed: 12, numRuns: 300 * scale.rounds })) {
    const expected = await found(plainest, search);
    hits += expected.length;
    for (const limit of [3, 200]) {
      expect({ search, ids: await found(opened.search, search, limit) }).toEqual({ search, ids: expected });
    }
  }
  expect(hits).toBeGreaterThan(100 * scale.rounds);
}
