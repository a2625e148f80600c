import { expect, test } from 'vitest';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { refusedWith, testClient } from './support/test-client.ts';

const server = useServer();
let seed = 500;

async function uploaded(user_id: string, count: number, fields = {}): Promise<string[]> {
  const { tintype } = testClient({ url: server.url });
  const ids: string[] = [];
  for (let made = 0; made < count; made++) {
    ids.push((await tintype.upload(png({ seed: ++seed }), { user_id, ...fields })).image_id);
  }
  return ids;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test('a listing of many pages has every image once, whatever comes and goes meanwhile', async () => {
  const { tintype, requests } = testClient({ url: server.url });
  const ids = await uploaded('alice', 23);
  const seen: string[] = [];
  for await (const { image_id } of tintype.list({ user_id: 'alice', order: 'oldest', limit: 5 })) {
    if (seen.push(image_id) === 7) {
      await tintype.delete(ids[0] ?? '', { permanent: true });
      await tintype.delete(ids[22] ?? '', { permanent: true });
    }
  }
  expect(seen).toEqual(ids.slice(0, 22));
  expect(
    requests.filter(({ target }) => target.includes('last_evaluated_key')).length,
  ).toBeGreaterThanOrEqual(4);
});

test('pages are asked for as they are needed', async () => {
  const { tintype, requests } = testClient({ url: server.url });
  const ids = await uploaded('bob', 4);
  const listing = tintype.list({ user_id: 'bob', limit: 2 });
  expect(requests).toHaveLength(0);
  expect((await listing.next()).value?.image_id).toBe(ids[3]);
  expect((await listing.next()).value?.image_id).toBe(ids[2]);
  expect(requests).toHaveLength(1);
  for await (const _image of listing) break;
  expect(requests).toHaveLength(2);
});

test('a page that does not come is asked for again, and no image is missed or told twice', async () => {
  const client = testClient({ url: server.url });
  const ids = await uploaded('carol', 5);
  client.meets(/last_evaluated_key/, refusedWith(429, 'rate_limited', { 'retry-after': '3' }));
  const found = await all(client.tintype.list({ user_id: 'carol', order: 'oldest', limit: 2 }));
  expect(found.map(({ image_id }) => image_id)).toEqual(ids);
  expect(client.waits).toEqual([3000]);
});

test('filters combine: all of several tags, a range of dates, the newest first', async () => {
  const { tintype } = testClient({ url: server.url });
  const [older, newer] = await uploaded('dave', 2, { tags: ['bird', 'dusk & dawn'] });
  await uploaded('dave', 1, { tags: ['bird'] });
  const filters = { user_id: 'dave', tag: ['bird', 'dusk & dawn'], date_range: '2020-01-01/..' };
  const found = await all(tintype.list(filters));
  expect(found.map(({ image_id }) => image_id)).toEqual([newer, older]);
  expect(await all(tintype.list({ ...filters, date_range: '../2020-01-01' }))).toEqual([]);
  expect(await all(tintype.list({ user_id: 'dave', tag: 'bird' }))).toHaveLength(3);
});

test('one page leads to the next', async () => {
  const { tintype } = testClient({ url: server.url });
  await uploaded('erin', 3);
  const first = await tintype.listPage({ user_id: 'erin', limit: 2 });
  expect(first.count).toBe(2);
  const last_evaluated_key = first.last_evaluated_key ?? '';
  const second = await tintype.listPage({ user_id: 'erin', limit: 2, last_evaluated_key });
  expect(second).toMatchObject({ count: 1, last_evaluated_key: null });
});

test('words find images, ranked as the service ranks them', async () => {
  const { tintype } = testClient({ url: server.url });
  const [titled] = await uploaded('frank', 1, { title: 'Café at dusk' });
  const [described] = await uploaded('frank', 1, { description: 'the café again' });
  const found = await all(tintype.list({ user_id: 'frank', q: 'cafe', order: 'relevance', limit: 1 }));
  expect(found.map(({ image_id }) => image_id)).toEqual([titled, described]);
});
