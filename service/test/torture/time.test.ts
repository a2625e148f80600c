import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectImage } from '../support/answers.ts';
import { HOMES, openTestHome, type TestHome } from '../support/homes.ts';
import { list } from '../support/image-calls.ts';
import { newPng, upload, uploadCall } from '../support/uploads.ts';
import { HOUR_MS, MOVES } from './support/clock-moves.ts';
import { report, TORTURE } from './support/torture.ts';

type Home = Omit<TestHome, 'close'>;

/** The short form leaves the slower home to the long one. */
const KINDS = TORTURE ? HOMES : (['embedded'] as const);

const realNow = Date.now.bind(Date);
let moved = 0;

/** Moves the machine's clock, as whoever reads it in this process sees it: the SDK of AWS too, not S3. */
function moveClock(milliseconds: number): void {
  moved = milliseconds;
}

// Before anything is opened, for some keep the function.
beforeEach(() => {
  moved = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + moved);
});
afterEach(() => vi.restoreAllMocks());

/** All of a user's images, a page of one after the other. */
async function walk(home: Home, order: string): Promise<string[]> {
  const ids: string[] = [];
  let key = '';
  do {
    const page = await list(home, `user_id=alice&limit=1&order=${order}${key}`);
    ids.push(...page.items.map(({ image_id }) => image_id));
    key =
      page.last_evaluated_key === null
        ? ''
        : `&last_evaluated_key=${encodeURIComponent(page.last_evaluated_key)}`;
  } while (key !== '');
  return ids;
}

/** Of an upload that goes straight to the store. */
function announcement(): [string, RequestInit] {
  const body = JSON.stringify({
    user_id: 'carol',
    method: 'put',
    content_type: 'image/png',
    size_bytes: 300,
  });
  return ['/images/uploads', { method: 'POST', headers: { 'content-type': 'application/json' }, body }];
}

async function once(home: Home, key: string, bytes: Buffer): Promise<Response> {
  const { path, init } = uploadCall('raw bytes', bytes, { user_id: 'bob' });
  return home.request(path, { ...init, headers: { ...(init.headers as object), 'idempotency-key': key } });
}

describe.each(KINDS)('the clock of the machine is moved while a home is open (%s)', (kind) => {
  let held = 0;

  it.each(MOVES)('%s and home again: order, ids, pages, keys, URLs and jobs hold', async (_what, move) => {
    await using homes = new AsyncDisposableStack();
    const home = homes.adopt(await openTestHome(kind), (each) => each.close());
    const bytes = newPng();
    const first = await expectImage(await once(home, 'a key', bytes), 201);
    const ids: string[] = [];
    for (const offset of [0, move, 0]) {
      moveClock(offset);
      for (let nth = 0; nth < 3; nth++)
        ids.push((await upload(home, { user_id: 'alice' }, newPng())).image_id);
    }
    moveClock(move);
    // In the order in which they were made, whatever the clock said.
    expect(await walk(home, 'oldest')).toEqual(ids);
    expect(await walk(home, 'newest')).toEqual(ids.toReversed());
    expect(ids.toSorted()).toEqual(ids);

    // A page of before goes on after the clock was moved.
    moveClock(0);
    const page = await list(home, 'user_id=alice&limit=4&order=oldest');
    moveClock(move);
    const rest = await list(
      home,
      `user_id=alice&limit=200&order=oldest&last_evaluated_key=${encodeURIComponent(page.last_evaluated_key ?? '')}`,
    );
    expect([...page.items, ...rest.items].map(({ image_id }) => image_id)).toEqual(ids);

    // A key is known for a day, and no clock that goes back makes it longer or shorter.
    const again = await once(home, 'a key', bytes);
    const isKnown = move < 24 * HOUR_MS;
    const { image_id } = await expectImage(again, 201);
    expect(image_id === first.image_id).toBe(isKnown);
    expect(again.headers.get('idempotency-replayed')).toBe(isKnown ? 'true' : null);

    // What is given out now is good now, and what was given out long ago is not. S3 looks at another clock.
    const { url } = await expectImage(await home.request(`/images/${ids[0]}`));
    if (kind === 'embedded') {
      expect((await home.follow(url ?? '')).status).toBe(200);
      expect((await home.follow(first.url ?? '')).status).toBe(move > 2 * HOUR_MS ? 403 : 200);
    }

    // Jobs are done, those of before and those of now.
    await home.workOff();
    for (const image_id of ids) {
      const { placeholder, status } = await expectImage(await home.request(`/images/${image_id}`));
      expect([status, placeholder === null]).toEqual(['ready', false]);
    }
    // Also where S3 looks at a clock that was right all the time.
    moveClock(0);
    const last = await expectImage(await home.request(`/images/${ids.at(-1)}`));
    expect((await home.follow(last.url ?? '')).status).toBe(200);
    const announced = await home.request(...announcement());
    expect(announced.status, await announced.clone().text()).toBe(201);
    held++;
    report(`time-${kind}`, { moves: held, lost: 0 });
  });
});
