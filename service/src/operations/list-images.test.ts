import { describe, expect, test } from 'vitest';
import { memoryDeps, PUBLIC_URL } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import type { ListFilter } from '../domain/listing.ts';
import { createSigner } from '../domain/signing.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import type { Deps } from './deps.ts';
import { listImages, listImagesQuery } from './list-images.ts';

/** Twelve images of alice's and bob's in turn, a minute apart, the newest first. */
const IMAGES = Array.from({ length: 12 }, (_, n) =>
  sampleRecord({
    user_id: n % 2 === 0 ? 'alice' : 'bob',
    tags: n % 3 === 0 ? ['bird', 'dusk'] : ['bird'],
    upload_time: new Date(Date.UTC(2026, 4, 4, 12) - n * 60_000).toISOString(),
  }),
);

async function withImages(): Promise<Deps> {
  const { deps } = memoryDeps();
  for (const image of IMAGES) await deps.index.insert(image);
  return deps;
}

/** What a query string says, listed. */
const list = (deps: Deps, query: Record<string, unknown> = {}) =>
  listImages(deps, ANONYMOUS, listImagesQuery.parse(query));

const idsOf = ({ items }: Awaited<ReturnType<typeof list>>) => items.map(({ image }) => image.image_id);
const ids = (...places: readonly number[]) => places.map((place) => IMAGES[place]?.image_id);

describe('a page', () => {
  test('holds images with their URLs, newest first', async () => {
    const page = await list(await withImages());
    expect(idsOf(page)).toEqual(IMAGES.map(({ image_id }) => image_id));
    expect(page.last_evaluated_key).toBeNull();
    for (const { image, url, url_expires_at } of page.items) {
      expect(url).toMatch(`${PUBLIC_URL}/objects/${image.object_key}?`);
      expect(url_expires_at).toMatch(/^2026-05-04T0[45]:00:00.000Z$/);
      expect(image).not.toHaveProperty('description');
    }
  });

  test.each<[string, Record<string, unknown>, readonly number[]]>([
    ['a user', { user_id: 'alice' }, [0, 2, 4, 6, 8, 10]],
    ['a tag, however it is written', { tag: ' DUSK ' }, [0, 3, 6, 9]],
    ['several tags, in any order and twice', { tag: ['dusk', 'bird', 'Dusk'] }, [0, 3, 6, 9]],
    ['a user and a tag', { user_id: 'bob', tag: 'dusk' }, [3, 9]],
    ['a time', { date_range: '2026-05-04T11:57Z/2026-05-04T11:59Z' }, [1, 2, 3]],
    ['a day', { date_range: '2026-05-04/2026-05-04', limit: '2' }, [0, 1]],
    ['the day after', { date_range: '2026-05-05/..' }, []],
    ['the oldest first', { order: 'oldest', limit: '3' }, [11, 10, 9]],
    [
      'all of these',
      { user_id: 'alice', tag: ['bird', 'dusk'], order: 'oldest', date_range: '../2026-05-04' },
      [6, 0],
    ],
  ])('is filtered by %s', async (_what, query, places) => {
    expect(idsOf(await list(await withImages(), query))).toEqual(ids(...places));
  });

  test('asks the index for normalized tags, each once, in order', async () => {
    const { deps } = memoryDeps();
    const asked: ListFilter[] = [];
    const index: ImageIndex = {
      ...deps.index,
      async list(filter, limit, after) {
        asked.push(filter);
        return deps.index.list(filter, limit, after);
      },
    };
    await list({ ...deps, index }, { tag: ['b', 'A', 'B ', 'c', 'a'] });
    expect(asked).toEqual([{ tags: ['a', 'b', 'c'], uploaded: {}, order: 'newest' }]);
  });
});

describe('paging', () => {
  test('goes on where the page before ended, to the last page, which says so', async () => {
    const deps = await withImages();
    for (const order of ['newest', 'oldest']) {
      const seen: (string | undefined)[] = [];
      let key: string | null | undefined;
      for (let pages = 0; key !== null && pages < 10; pages++) {
        const page = await list(deps, { order, limit: '5', ...(key ? { last_evaluated_key: key } : {}) });
        seen.push(...idsOf(page));
        key = page.last_evaluated_key;
      }
      const all = ids(...IMAGES.keys());
      expect(seen).toEqual(order === 'newest' ? all : all.reverse());
      expect(key).toBeNull();
    }
  });

  test('may have another limit on each page, and tags in another order', async () => {
    const deps = await withImages();
    const first = await list(deps, { tag: ['bird', 'dusk'], limit: '1' });
    const last_evaluated_key = first.last_evaluated_key ?? '';
    const second = await list(deps, { tag: ['DUSK', 'bird'], limit: '9', last_evaluated_key });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids(0, 3, 6, 9));
  });

  test('goes on over pages that are short, even empty', async () => {
    const { deps } = memoryDeps();
    const next = { upload_time: '2026-05-04T00:00:00.000Z', image_id: sampleRecord().image_id };
    const index: ImageIndex = {
      ...deps.index,
      list: async (_filter, _limit, after) => ({ items: [], next: after ? null : next }),
    };
    const first = await list({ ...deps, index });
    expect(first).toEqual({ items: [], last_evaluated_key: expect.any(String) });
    const second = await list({ ...deps, index }, { last_evaluated_key: first.last_evaluated_key ?? '' });
    expect(second).toEqual({ items: [], last_evaluated_key: null });
  });

  test.each<[string, Record<string, unknown>]>([
    ['another user', { user_id: 'bob' }],
    ['no user', { user_id: undefined }],
    ['a tag', { tag: 'bird' }],
    ['another order', { order: 'oldest' }],
    ['a time', { date_range: '2026-05-04/..' }],
  ])('refuses the key of a listing for one with %s', async (_what, differing) => {
    const deps = await withImages();
    const { last_evaluated_key } = await list(deps, { user_id: 'alice', limit: '2' });
    const going = list(deps, { user_id: 'alice', limit: '2', last_evaluated_key, ...differing });
    await expect(going).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'last_evaluated_key', message: expect.any(String) }],
    });
  });

  test.each(['', 'x', 'a.b.c', 'null'])(
    'refuses a key such as %j, which is none of ours',
    async (last_evaluated_key) => {
      const deps = await withImages();
      await expect(list(deps, { last_evaluated_key })).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  test('refuses a key that another secret signed', async () => {
    const deps = await withImages();
    const pageTokens = createSigner(['another secret for tests'], 'page-tokens');
    const { last_evaluated_key } = await list({ ...deps, pageTokens }, { limit: '2' });
    await expect(list(deps, { limit: '2', last_evaluated_key })).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('what a query may say', () => {
  test('is nothing, and then there are 50 of the newest', () => {
    expect(listImagesQuery.parse({})).toEqual({
      tag: [],
      order: 'newest',
      deleted: 'false',
      limit: 50,
    });
  });

  test.each(['1', '50', '200', '007'])('a limit of %s', (limit) => {
    expect(listImagesQuery.parse({ limit }).limit).toBe(Number(limit));
  });

  test.each<[string, Record<string, unknown>]>([
    ['no limit', { limit: '' }],
    ['a limit of none', { limit: '0' }],
    ['too high a limit', { limit: '201' }],
    ['a negative limit', { limit: '-1' }],
    ['half a limit', { limit: '1.5' }],
    ['a limit in hexadecimal', { limit: '0x10' }],
    ['another order', { order: 'random' }],
    ['a range that is none', { date_range: '2026-02-30/..' }],
    ['a range that ends before it starts', { date_range: '2026-02-02/2026-02-01' }],
    ['no user', { user_id: '' }],
    ['an empty tag', { tag: '' }],
    ['an empty tag among others', { tag: ['a', ' '] }],
    ['too many tags', { tag: Array.from({ length: 21 }, (_, n) => `t${n}`) }],
    ['too long a tag', { tag: 'x'.repeat(65) }],
    ['too long a key', { last_evaluated_key: 'x'.repeat(513) }],
    ['words without a letter', { q: '…' }],
    ['what is unknown', { colour: 'red' }],
  ])('not %s', (_what, query) => {
    expect(listImagesQuery.safeParse(query).success).toBe(false);
  });
});
