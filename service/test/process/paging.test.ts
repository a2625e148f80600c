import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../src/domain/image.ts';
import { imageListSchema } from '../../src/http/schemas.ts';
import { useHome } from '../support/homes.ts';
import { LARGE, onlyWhenLarge } from '../support/large.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { randomNumbers } from './random-numbers.ts';

// Real processes and real waiting: minutes in all.
beforeEach(onlyWhenLarge);

/** There from before the first page until after the last. */
const KEPT = 10_000;
/** Come and gone meanwhile; about as many are there at any time. */
const PASSING = 1500;

const USERS = ['alice', 'bob', 'carol', 'dave', 'a#b/..'];
const FIRST = Date.parse('2026-03-01T00:00:00.000Z');
/** Three or four images share each millisecond, so that the ids must settle the order. */
const SPAN = 3000;

const home = useHome('embedded');
const random = randomNumbers(7);
const kept: ImageRecord[] = [];
const passing: string[] = [];
const changes = { inserted: 0, deleted: 0, patched: 0 };

function newRecord(): ImageRecord {
  const upload_time = new Date(FIRST + Math.floor(random() * SPAN)).toISOString();
  const tags = ['all', random() < 0.5 ? 'even' : 'odd', ...(random() < 0.1 ? ['rare'] : [])];
  if (random() < 0.02) tags.push('even', 'odd');
  return sampleRecord({
    upload_time,
    user_id: USERS[Math.floor(random() * USERS.length)] ?? '',
    tags: [...new Set(tags)],
  });
}

async function insertPassing(): Promise<void> {
  const record = newRecord();
  await home.context.deps.index.insert(record);
  passing.push(record.image_id);
  changes.inserted++;
}

async function deletePassing(): Promise<void> {
  const at = Math.floor(random() * passing.length);
  const [image_id] = passing.splice(at, 1);
  const response = await home.request(`/images/${image_id}`, { method: 'DELETE' });
  expect(response.status).toBe(204);
  changes.deleted++;
}

/** A change of what is there throughout must not move it. */
async function patchKept(): Promise<void> {
  const record = kept[Math.floor(random() * kept.length)];
  const response = await home.request(`/images/${record?.image_id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: `changed ${changes.patched}` }),
  });
  expect(response.status).toBe(200);
  changes.patched++;
}

async function change(): Promise<void> {
  await Promise.all([insertPassing(), insertPassing(), deletePassing(), deletePassing(), patchKept()]);
}

interface Walk {
  readonly ids: readonly string[];
  readonly pages: number;
}

/** Reads a listing to its end, with changes awaited between pages and others going on all the while. */
async function walkThroughChanges(query: string): Promise<Walk> {
  const ids: string[] = [];
  let pages = 0;
  let done = false;
  const meanwhile = (async () => {
    while (!done) await change();
  })();
  try {
    let key: string | null = '';
    while (key !== null) {
      const next = key === '' ? '' : `&last_evaluated_key=${encodeURIComponent(key)}`;
      const response = await home.request(`/images?${query}${next}`);
      const page = imageListSchema.parse(await response.json());
      ids.push(...page.items.map(({ image_id }) => image_id));
      key = page.last_evaluated_key;
      pages++;
      await change();
    }
  } finally {
    done = true;
    await meanwhile;
  }
  return { ids, pages };
}

beforeAll(async () => {
  if (!LARGE) return;
  const records = Array.from({ length: KEPT }, newRecord);
  kept.push(...records);
  await Promise.all(records.map((record) => home.context.deps.index.insert(record)));
  await Promise.all(Array.from({ length: PASSING }, insertPassing));
}, 60_000);

interface Listing {
  readonly name: string;
  readonly query: string;
  readonly holds: (record: ImageRecord) => boolean;
  readonly least: number;
}

const has = (tag: string) => (record: ImageRecord) => record.tags.includes(tag);

const LISTINGS: readonly Listing[] = [
  { name: 'all images', query: 'limit=137', holds: () => true, least: KEPT },
  {
    name: 'images of a user',
    query: `limit=50&user_id=${encodeURIComponent('a#b/..')}`,
    holds: ({ user_id }) => user_id === 'a#b/..',
    least: 1800,
  },
  { name: 'images with a tag', query: 'limit=113&tag=even', holds: has('even'), least: 4500 },
  {
    name: 'images of a user with a tag',
    query: 'limit=17&user_id=bob&tag=rare',
    holds: (record) => record.user_id === 'bob' && has('rare')(record),
    least: 150,
  },
  {
    name: 'images with several tags',
    query: 'limit=100&tag=all&tag=odd',
    holds: (record) => has('all')(record) && has('odd')(record),
    least: 4500,
  },
  {
    // Many have the one or the other: most of what a page looks at it passes over.
    name: 'the few images with two common tags',
    query: 'limit=40&tag=even&tag=odd',
    holds: (record) => has('even')(record) && has('odd')(record),
    least: 150,
  },
];

describe.each(LISTINGS)('$name, page by page while images come and go', ({ query, holds, least }) => {
  test.for(['newest', 'oldest'])('%s first: none is skipped and none comes twice', async (order) => {
    const before = { ...changes };
    const { ids, pages } = await walkThroughChanges(`${query}&order=${order}`);
    // Otherwise nothing would have gone on.
    expect(changes.inserted - before.inserted).toBeGreaterThan(pages * 2);
    expect(changes.deleted - before.deleted).toBeGreaterThan(pages * 2);

    expect(new Set(ids).size).toBe(ids.length);
    const throughout = kept.filter(holds);
    expect(throughout.length).toBeGreaterThanOrEqual(least);
    const isKept = new Set(throughout.map(({ image_id }) => image_id));
    const inOrder = throughout.sort((a, b) => comparePlaces(a, b) * (order === 'newest' ? -1 : 1));
    expect(ids.filter((id) => isKept.has(id))).toEqual(inOrder.map(({ image_id }) => image_id));
    // Those that come and go are seen as well.
    expect(ids.length).toBeGreaterThan(isKept.size);
  });
});

function comparePlaces(a: ImageRecord, b: ImageRecord): number {
  const [left, right] = [a, b].map(({ upload_time, image_id }) => `${upload_time} ${image_id}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
