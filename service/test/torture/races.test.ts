import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { purgeTrash } from '../../src/operations/background/purge-trash.ts';
import { announce, type Started, sendUpload } from '../support/announced-uploads.ts';
import type { Image } from '../support/answers.ts';
import { HOMES, type TestHome, useHome } from '../support/homes.ts';
import { bytesAt, idsIn, post, processing, remove, replace, usage, viewed } from '../support/image-calls.ts';
import { newPng, upload, uploadCall } from '../support/uploads.ts';
import { endsOf } from './support/linear.ts';
import {
  ACTS,
  type Act,
  type Deed,
  fits,
  type ModelImage,
  NEW,
  type Op,
  type Outcome,
  programsOf,
  type Seen,
  SLOTS,
  type State,
  shownIn,
  withImage,
} from './support/races-model.ts';
import { report, SEED, TORTURE, tries } from './support/torture.ts';

type Home = Omit<TestHome, 'close'>;

const RUNS = {
  embedded: tries({ short: 40, long: 2500 }),
  aws: tries({ short: 5, long: 250 }),
} as const;

const TRASH_DAYS = 30;
const LATER_MS = (TRASH_DAYS + 1) * 86_400_000;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** There from the beginning: one image, one in the trash, and one that is announced, with its bytes. */
async function prepare(home: Home, user_id: string): Promise<{ first: State; ids: readonly string[] }> {
  const [shown, trashed, announced] = [newPng(), newPng(), newPng()];
  const one = await upload(home, { user_id }, shown);
  const other = await upload(home, { user_id }, trashed);
  expect((await remove(home, other.image_id)).status).toBe(204);
  const answer = await announce(home, announced, { user_id, content_type: 'image/png', method: 'put' });
  const started = (await answer.json()) as Started;
  expect((await sendUpload(home, started, announced)).ok).toBe(true);
  const ids = [one.image_id, other.image_id, started.image.image_id];
  const images: readonly ModelImage[] = [
    { ...NEW, place: 'shown', checksum_sha256: sha256(shown) },
    { ...NEW, place: 'trashed', checksum_sha256: sha256(trashed) },
    { ...NEW, place: 'announced', checksum_sha256: sha256(announced) },
  ];
  const empty: State = { images: {}, slots: images.length };
  return { ids, first: images.reduce((state, image, nth) => withImage(state, ids[nth] ?? '', image), empty) };
}

/** So many images there are at first, which is what can be done something to. */
const TARGETS = 3;

async function perform(home: Home, user_id: string, ids: readonly string[], op: Op): Promise<Outcome> {
  if (op.name === 'list') return { status: 200, ids: await idsIn(home, `user_id=${user_id}`) };
  if (op.name === 'usage') return { status: 200, charged: (await usage(home, user_id)).images };
  if (op.name === 'purge') {
    // To it much time has gone by since anything was deleted.
    const clock = { now: () => home.context.deps.clock.now() + LATER_MS };
    await purgeTrash({ ...home.context.deps, clock });
    return { status: 200 };
  }
  const bytes = newPng();
  if (op.name === 'upload') {
    const { path, init } = uploadCall('raw bytes', bytes, { user_id });
    return { ...(await outcomeOf(await home.request(path, init))), sent: { checksum_sha256: sha256(bytes) } };
  }
  const path = `/images/${ids[op.target]}`;
  const text = crypto.randomUUID();
  const sent: Outcome['sent'] = {
    ...(op.name === 'title' ? { title: text } : {}),
    ...(op.name === 'describe' ? { description: text } : {}),
    ...(op.name === 'replace' ? { checksum_sha256: sha256(bytes) } : {}),
  };
  const change = () => {
    const headers = { 'content-type': 'application/json' };
    return home.request(path, { method: 'PATCH', headers, body: JSON.stringify(sent) });
  };
  const calls: Readonly<Record<Act, () => Promise<Response>>> = {
    view: () => home.request(path),
    title: change,
    describe: change,
    replace: () => replace(home, ids[op.target] ?? '', bytes),
    delete: () => remove(home, ids[op.target] ?? ''),
    'delete for good': () => remove(home, ids[op.target] ?? '', '?permanent=true'),
    restore: () => post(home, `${path}/restore`),
    complete: () => post(home, `${path}/complete`),
  };
  return { ...(await outcomeOf(await calls[op.name]())), sent };
}

async function outcomeOf(response: Response): Promise<Outcome> {
  const { status: answered } = response;
  if (answered !== 200 && answered !== 201) return { status: answered };
  const { image_id, version, status, title, description, checksum_sha256 } = (await response.json()) as Image;
  return { status: answered, image: { image_id, version, status, title, description, checksum_sha256 } };
}

type Plan = readonly { readonly op: Op; readonly turns: number }[];

/** Every client does what it is to do, one thing after the other; all of them at the same time. */
async function race(home: Home, user_id: string, ids: readonly string[], plans: readonly Plan[]) {
  let instant = 0;
  const done: Deed[] = [];
  await Promise.all(
    plans.map(async (plan) => {
      for (const { op, turns } of plan) {
        for (let turn = 0; turn < turns; turn++) await new Promise((next) => setImmediate(next));
        const began = instant++;
        const outcome = await perform(home, user_id, ids, op);
        done.push({ op, outcome, began, ended: instant++ });
      }
    }),
  );
  return done.toSorted((a, b) => a.began - b.began);
}

/** What is there in the end is what one of the orders leaves, to the last byte; nothing is charged beside. */
async function expectEnd(home: Home, user_id: string, ends: readonly State[], told: string): Promise<void> {
  const ids = await idsIn(home, `user_id=${user_id}`);
  const there = await Promise.all(ids.map((id) => viewed(home, id)));
  const { images: charged } = await usage(home, user_id);
  const fitting = ends.filter((end) => {
    const isCharged = end.slots === charged && Object.keys(end.images).length === charged;
    if (!isCharged || String(shownIn(end)) !== String(ids.toSorted())) return false;
    return there.every((seen) => {
      const image = end.images[seen.image_id];
      return image !== undefined && fits(seen, image);
    });
  });
  expect(fitting.length, `${JSON.stringify(there)} and ${charged} charged after ${told}`).toBeGreaterThan(0);
  for (const { url, checksum_sha256 } of there) {
    expect(sha256(await bytesAt(home, url)), told).toBe(checksum_sha256);
  }
}

// One of them more often than the others, so that several meet.
const target = fc.oneof(fc.nat(TARGETS - 1), fc.constant(0));
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 7, arbitrary: fc.record({ name: fc.constantFrom(...ACTS), target }) },
  { weight: 2, arbitrary: fc.constant<Op>({ name: 'upload' }) },
  { weight: 2, arbitrary: fc.constantFrom<Op>({ name: 'list' }, { name: 'usage' }, { name: 'purge' }) },
);
const plan = fc.array(fc.record({ op, turns: fc.nat(25) }), { minLength: 1, maxLength: 3 });
const plans = fc.array(plan, { minLength: 2, maxLength: 4 });

describe('the search for an order', () => {
  const id = 'a';
  const checksum_sha256 = '00';
  const image: ModelImage = { ...NEW, place: 'shown', checksum_sha256 };
  const first: State = { images: { [id]: image }, slots: 1 };
  const seen = (said: { title?: string; description?: string } = {}): Seen => {
    return { ...NEW, image_id: id, status: 'ready', checksum_sha256, ...said };
  };
  const deed = (name: Act, began: number, ended: number, outcome: Outcome): Deed => ({
    op: { name, target: 0 },
    outcome,
    began,
    ended,
  });
  const view = (status: number, began: number, ended: number) =>
    deed('view', began, ended, status === 200 ? { status, image: seen() } : { status });
  const change = (title: string, began: number, ended: number) =>
    deed('title', began, ended, { status: 200, sent: { title }, image: seen({ title }) });
  const endsAfter = (...all: readonly Deed[]) => endsOf(first, programsOf(all, [id]));

  test('finds none for what could not have been', () => {
    const gone = deed('delete', 1, 6, { status: 204 });
    expect(endsAfter(gone, view(200, 2, 3), view(404, 4, 5))).toHaveLength(1);
    expect(endsAfter(gone, view(404, 2, 3), view(200, 4, 5))).toEqual([]);
    expect(endsAfter(view(404, 1, 2))).toEqual([]);
    expect(endsAfter(deed('replace', 1, 2, { status: 409 }))).toEqual([]);
    expect(endsAfter(change('x', 1, 2), view(200, 3, 4))).toEqual([]);
    // One of two changes is lost.
    const description = 'y';
    const described = { status: 200, sent: { description }, image: seen({ description }) };
    const lost = { status: 200, image: seen({ description }) };
    expect(endsAfter(change('x', 1, 4), deed('describe', 2, 3, described), deed('view', 5, 6, lost))).toEqual(
      [],
    );
  });

  test('finds each of the ends that there may be', () => {
    const titles = (ends: readonly State[]) => ends.map(({ images }) => images[id]?.title).sort();
    expect(titles(endsAfter(change('x', 1, 4), change('y', 2, 3)))).toEqual(['x', 'y']);
    expect(titles(endsAfter(change('x', 1, 2), change('y', 3, 4)))).toEqual(['y']);
  });
});

describe.each(HOMES)('what several clients do at once (%s)', (kind) => {
  const home = useHome(kind, {
    config: {
      ...processing({ trashDays: TRASH_DAYS }),
      quotaLimits: { max_images: SLOTS, max_bytes: null },
    },
  });

  it('is answered as if they had come one after the other, and ends as that would', {
    timeout: TORTURE ? 1_800_000 : 120_000,
  }, async () => {
    const counts = { runs: 0, operations: 0, refused: 0, orders_with_several_ends: 0 };
    await fc.assert(
      fc.asyncProperty(plans, async (planned) => {
        const user_id = `racer-${++counts.runs}`;
        const { first, ids } = await prepare(home, user_id);
        const done = await race(home, user_id, ids, planned);
        counts.operations += done.length;
        counts.refused += done.filter(({ outcome }) => outcome.status >= 400).length;
        const ends = endsOf(first, programsOf(done, ids));
        const told = JSON.stringify(done);
        expect(ends.length, `no order for ${told}`).toBeGreaterThan(0);
        if (ends.length > 1) counts.orders_with_several_ends++;
        await expectEnd(home, user_id, ends, told);
      }),
      { numRuns: RUNS[kind], seed: SEED, endOnFailure: true },
    );
    report(`races-${kind}`, { ...counts, faults: 0 });
  });
});
