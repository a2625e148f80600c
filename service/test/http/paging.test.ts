import { beforeAll, describe, expect, it } from 'vitest';
import { expectEmpty, expectList, expectProblem } from '../support/answers.ts';
import { DIVIDED_HOMES, openTestHome, type TestHome, useHome } from '../support/homes.ts';
import { upload } from '../support/uploads.ts';

type Home = Pick<TestHome, 'request'>;

const page = async (home: Home, query: string, key: string | null = null) =>
  expectList(
    await home.request(
      `/images?${query}${key === null ? '' : `&last_evaluated_key=${encodeURIComponent(key)}`}`,
    ),
  );

/** The titles on all pages, in turn; `between` is called before each page but the first. */
async function allPages(home: Home, query: string, between = async () => {}): Promise<string[]> {
  const titles: string[] = [];
  let key: string | null = null;
  for (;;) {
    const { items, last_evaluated_key } = await page(home, query, key);
    titles.push(...items.map(({ title }) => title ?? ''));
    if (last_evaluated_key === null) return titles;
    // A key that leads to itself would never end.
    expect(last_evaluated_key).not.toBe(key);
    key = last_evaluated_key;
    await between();
  }
}

const COUNT = 23;
const names = Array.from({ length: COUNT }, (_, n) => `image ${String(n).padStart(2, '0')}`);
const evens = names.filter((_, n) => n % 2 === 0);

/** Many have the same time, so that only their ids tell their order. */
function useMany(home: Omit<TestHome, 'close'>): void {
  beforeAll(async () => {
    home.clock.set('2026-05-01T00:00:00.000Z');
    for (const [n, title] of names.entries()) {
      if (n % 7 === 0) home.clock.advance(1);
      await upload(home, { user_id: 'alice', title, tags: n % 2 === 0 ? ['all', 'even'] : ['all'] });
    }
  });
}

describe.each(DIVIDED_HOMES)('going through a listing page by page (%s)', (kind) => {
  const home = useHome(kind);
  useMany(home);

  it.each([1, 2, 5, 22, 23, 24, 200])('%i at a time: each image once, in order', async (limit) => {
    for (const filter of ['', 'user_id=alice&', 'tag=all&', 'user_id=alice&tag=all&']) {
      const newest = await allPages(home, `${filter}limit=${limit}`);
      const oldest = await allPages(home, `${filter}order=oldest&limit=${limit}`);
      expect(new Set(oldest)).toEqual(new Set(names));
      expect(oldest).toHaveLength(COUNT);
      expect(newest).toEqual(oldest.toReversed());
    }
  });

  it('several tags, page by page', async () => {
    for (const limit of [1, 3, 12]) {
      expect((await allPages(home, `tag=even&tag=all&limit=${limit}`)).sort()).toEqual(evens);
      expect((await allPages(home, `user_id=alice&tag=all&tag=even&limit=${limit}`)).sort()).toEqual(evens);
    }
  });

  it('a page has as many as the limit, and 50 without one', async () => {
    expect((await page(home, 'limit=5')).count).toBe(5);
    expect((await page(home, '')).count).toBe(COUNT);
  });

  it('the limit may change from page to page', async () => {
    const first = await page(home, 'order=oldest&limit=3');
    const second = await page(home, 'order=oldest&limit=200', first.last_evaluated_key);
    expect([...first.items, ...second.items].map(({ image_id }) => image_id)).toHaveLength(COUNT);
    expect(second.last_evaluated_key).toBeNull();
  });

  it('a key can be used again, and gives the same page', async () => {
    const { last_evaluated_key } = await page(home, 'limit=4');
    const second = await page(home, 'limit=4', last_evaluated_key);
    expect(await page(home, 'limit=4', last_evaluated_key)).toEqual(second);
  });
});

describe.each(DIVIDED_HOMES)('what goes on meanwhile does not disturb a listing (%s)', (kind) => {
  const home = useHome(kind);

  it.each(['newest', 'oldest'])('%s first: what was there throughout is there once', async (order) => {
    const user_id = `user of ${order}`;
    const kept = [];
    const doomed: string[] = [];
    for (let n = 0; n < 12; n++) {
      const { title, image_id } = await upload(home, {
        user_id,
        title: `${n % 3 === 0 ? 'kept' : 'gone'} ${n}`,
      });
      if (n % 3 === 0) kept.push(title);
      else doomed.push(image_id);
    }
    let added = 0;
    const titles = await allPages(
      home,
      `user_id=${encodeURIComponent(user_id)}&order=${order}&limit=2`,
      async () => {
        if (added < 5) await upload(home, { user_id, title: `new ${added++}` });
        const image_id = added % 2 === 0 ? doomed.shift() : doomed.pop();
        if (image_id) await expectEmpty(await home.request(`/images/${image_id}`, { method: 'DELETE' }), 204);
      },
    );
    expect(titles.filter((title) => title.startsWith('kept')).sort()).toEqual(kept.sort());
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('a listing goes on where the last image of a page has been deleted', async () => {
    for (const title of ['a', 'b', 'c']) {
      home.clock.advance(1);
      await upload(home, { user_id: 'zoe', title });
    }
    const first = await page(home, 'user_id=zoe&order=oldest&limit=2');
    const last = first.items[1]?.image_id;
    await expectEmpty(await home.request(`/images/${last}`, { method: 'DELETE' }), 204);
    const { items } = await page(home, 'user_id=zoe&order=oldest&limit=2', first.last_evaluated_key);
    expect(items.map(({ title }) => title)).toEqual(['c']);
  });
});

describe.each(DIVIDED_HOMES)('last_evaluated_key belongs to its listing (%s)', (kind) => {
  const home = useHome(kind);
  useMany(home);
  const QUERY = 'user_id=alice&tag=all&date_range=2026-05-01/2026-05-02&order=oldest';

  const refused = async (query: string, key: string, at: Home = home) =>
    expectProblem(
      await at.request(`/images?${query}&last_evaluated_key=${encodeURIComponent(key)}`),
      'invalid_request',
      'last_evaluated_key',
    );
  const keyOf = async (query: string, limit = 2) =>
    (await page(home, `${query}&limit=${limit}`)).last_evaluated_key ?? '';

  it.each([
    ['no filter', ''],
    ['another user', QUERY.replace('alice', 'bob')],
    ['no user', QUERY.replace('user_id=alice', '')],
    ['another tag', QUERY.replace('tag=all', 'tag=even')],
    ['one tag more', `${QUERY}&tag=even`],
    ['no tag', QUERY.replace('tag=all', '')],
    ['another order', QUERY.replace('oldest', 'newest')],
    ['another range', QUERY.replace('05-02', '05-03')],
    ['an open range', QUERY.replace('2026-05-02', '..')],
  ])('with %s it is refused', async (_what, query) => {
    await refused(query, await keyOf(QUERY));
  });

  it('the same filters in another spelling are the same listing', async () => {
    const key = await keyOf(`${QUERY}&tag=even`);
    const other = 'order=oldest&tag=EVEN&tag=all&tag=all&user_id=%61lice&date_range=2026-05-01,2026-05-02';
    expect((await page(home, `${other}&limit=2`, key)).count).toBe(2);
  });

  it('each of its characters counts', async () => {
    const key = await keyOf(QUERY);
    for (const at of key.split('').keys()) {
      const other = key[at] === 'A' ? 'B' : 'A';
      await refused(QUERY, key.slice(0, at) + other + key.slice(at + 1));
    }
    for (const forged of [
      `${key}A`,
      `${key}=`,
      key.slice(0, -1),
      `A${key}`,
      ` ${key}`,
      `${key}.`,
      `${key}\n`,
    ]) {
      await refused(QUERY, forged);
    }
  });

  it('one of another installation is refused', async () => {
    await using homes = new AsyncDisposableStack();
    const other = homes.adopt(await openTestHome(kind), (opened) => opened.close());
    await refused(QUERY, await keyOf(QUERY), other);
  });

  it('a position with the signature of another position is refused', async () => {
    const [first, second] = [await keyOf(QUERY), await keyOf(QUERY, 5)];
    const [position, ...rest] = first.split('.');
    expect(second.split('.')[0]).not.toBe(position);
    expect(rest).not.toEqual(second.split('.').slice(1));
    await refused(QUERY, [position, ...second.split('.').slice(1)].join('.'));
  });
});
