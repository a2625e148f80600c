import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { purgeTrash } from '../../src/operations/background/purge-trash.ts';
import { announce, type Started, sendUpload } from '../support/announced-uploads.ts';
import type { Image } from '../support/answers.ts';
import { HOMES, type TestHome, useHome } from '../support/homes.ts';
import { bytesAt, idsIn, post, processing, remove, replace, usage, viewed } from '../support/image-calls.ts';
import { newPng, postJson, upload, uploadCall } from '../support/uploads.ts';
import { endsOf } from './support/linear.ts';
import {
  ACTS,
  type Act,
  type Deed,
  fits,
  isCharged,
  KEPT,
  type ModelImage,
  NEW,
  type Op,
  type Outcome,
  programsOf,
  ROOM,
  type Seen,
  SLOTS,
  type State,
  shownIn,
  storedOf,
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

/** Of what is there from the beginning: half of the room is taken. */
const FIRST_SIZE = 300;

/** What clients have to know of a user's images to do something to them. */
interface Ground {
  readonly user_id: string;
  /** There from the beginning, which is what can be done something to; and last, what somebody has announced since. */
  readonly ids: string[];
  /** How bytes are sent, by id. */
  readonly announced: Map<string, { readonly started: Started; readonly bytes: Buffer }>;
}

/** So many images there are at first. */
const TARGETS = 3;

/** There from the beginning: one image, one in the trash, and one that is announced, with its bytes. */
async function prepare(home: Home, user_id: string): Promise<{ first: State; ground: Ground }> {
  const [shown, trashed] = [newPng(FIRST_SIZE), newPng(FIRST_SIZE)];
  const one = await upload(home, { user_id }, shown);
  const other = await upload(home, { user_id }, trashed);
  expect((await remove(home, other.image_id)).status).toBe(204);
  const ground: Ground = { user_id, ids: [one.image_id, other.image_id], announced: new Map() };
  const { image, sent } = await announceNew(home, ground, FIRST_SIZE);
  const id = image?.image_id ?? '';
  expect((await send(home, ground, id)).status).toBe(200);
  const images: readonly ModelImage[] = [
    { ...NEW, place: 'shown', size: FIRST_SIZE, checksum_sha256: sha256(shown) },
    { ...NEW, place: 'trashed', size: FIRST_SIZE, checksum_sha256: sha256(trashed) },
    { ...NEW, place: 'announced', size: FIRST_SIZE, checksum_sha256: sent?.checksum_sha256 ?? '' },
  ];
  const empty: State = { images: {}, slots: images.length, bytes: images.length * FIRST_SIZE };
  const first = images.reduce((state, each, nth) => withImage(state, ground.ids[nth] ?? '', each), empty);
  return { ground, first };
}

/** Announces bytes, and remembers how they are to be sent. */
async function announceNew(home: Home, ground: Ground, size: number): Promise<Outcome> {
  const { user_id, ids, announced } = ground;
  const bytes = newPng(size);
  const answer = await announce(home, bytes, { user_id, content_type: 'image/png', method: 'put' });
  if (answer.status !== 201) return { status: answer.status };
  const started = (await answer.json()) as Started;
  const { image_id } = started.image;
  announced.set(image_id, { started, bytes });
  ids.push(image_id);
  const image = seenOf(started.image);
  return { status: 201, targets: [image_id], image, sent: { checksum_sha256: sha256(bytes) } };
}

/** Sends what was announced, or nothing where this is no upload. */
async function send(home: Home, { announced }: Ground, id: string): Promise<Outcome> {
  const known = announced.get(id);
  if (!known) return { status: 200, targets: [id] };
  const { status } = await sendUpload(home, known.started, known.bytes);
  return { status, targets: [id] };
}

/** What is last announced stands for all beyond those that are there at first. */
const targetOf = ({ ids }: Ground, target: number) => (target < TARGETS ? ids[target] : ids.at(-1)) ?? '';

async function perform(home: Home, ground: Ground, op: Op): Promise<Outcome> {
  const { user_id } = ground;
  if (op.name === 'list') return { status: 200, ids: await idsIn(home, `user_id=${user_id}`) };
  if (op.name === 'usage') return { status: 200, charged: await usage(home, user_id) };
  if (op.name === 'purge') {
    // To it much time has gone by since anything was deleted.
    const clock = { now: () => home.context.deps.clock.now() + LATER_MS };
    await purgeTrash({ ...home.context.deps, clock });
    return { status: 200 };
  }
  if (op.name === 'announce') return announceNew(home, ground, op.size);
  if (op.name === 'delete several') {
    const targets = [...new Set(op.targets.map((each) => targetOf(ground, each)))];
    const { path, init } = postJson({ image_ids: targets, permanent: op.forGood }, '/images/bulk-delete');
    const answer = await home.request(path, init);
    expect(answer.status).toBe(200);
    const { items } = (await answer.json()) as { items: readonly { status: number }[] };
    return { status: 200, targets, statuses: items.map(({ status }) => status) };
  }
  if (op.name === 'upload') {
    const bytes = newPng(op.size);
    const { path, init } = uploadCall('raw bytes', bytes, { user_id });
    const headers = { ...(init.headers as Record<string, string>), ...lengthOf(bytes) };
    const outcome = await outcomeOf(await home.request(path, { ...init, headers }));
    return { ...outcome, sent: { checksum_sha256: sha256(bytes) } };
  }
  return act(home, ground, op);
}

/** Said before any of it is sent, so that all of its room is asked for at once. */
const lengthOf = (bytes: Buffer) => ({ 'content-length': String(bytes.length) });

async function act(home: Home, ground: Ground, op: Extract<Op, { name: Act }>): Promise<Outcome> {
  const id = targetOf(ground, op.target);
  const path = `/images/${id}`;
  const bytes = newPng(op.size);
  const text = crypto.randomUUID();
  const sent: Outcome['sent'] = {
    ...(op.name === 'title' ? { title: text } : {}),
    ...(op.name === 'describe' ? { description: text } : {}),
    ...(op.name === 'replace' ? { checksum_sha256: sha256(bytes) } : {}),
  };
  if (op.name === 'send') return send(home, ground, id);
  const change = () => {
    const headers = { 'content-type': 'application/json' };
    return home.request(path, { method: 'PATCH', headers, body: JSON.stringify(sent) });
  };
  const calls: Readonly<Record<Exclude<Act, 'send'>, () => Promise<Response>>> = {
    view: () => home.request(path),
    title: change,
    describe: change,
    replace: () => replace(home, id, bytes, lengthOf(bytes)),
    'restore first version': () => post(home, `${path}/versions/1/restore`),
    delete: () => remove(home, id),
    'delete for good': () => remove(home, id, '?permanent=true'),
    restore: () => post(home, `${path}/restore`),
    complete: () => post(home, `${path}/complete`),
  };
  return { ...(await outcomeOf(await calls[op.name]())), targets: [id], sent };
}

async function outcomeOf(response: Response): Promise<Outcome> {
  const { status: answered } = response;
  if (answered !== 200 && answered !== 201) return { status: answered };
  return { status: answered, image: seenOf((await response.json()) as Image) };
}

function seenOf({ image_id, version, status, title, description, checksum_sha256 }: Image): Seen {
  return { image_id, version, status, title, description, checksum_sha256 };
}

type Plan = readonly { readonly op: Op; readonly turns: number }[];

/** Every client does what it is to do, one thing after the other; all of them at the same time. */
async function race(home: Home, ground: Ground, plans: readonly Plan[]) {
  let instant = 0;
  const done: Deed[] = [];
  await Promise.all(
    plans.map(async (plan) => {
      for (const { op, turns } of plan) {
        for (let turn = 0; turn < turns; turn++) await new Promise((next) => setImmediate(next));
        const began = instant++;
        const outcome = await perform(home, ground, op);
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
  const formers = new Map(await Promise.all(ids.map(async (id) => [id, await formersOf(home, id)] as const)));
  const charged = await usage(home, user_id);
  const fitting = ends.filter((end) => {
    const all = Object.values(end.images);
    const stored = all.reduce((sum, image) => sum + storedOf(image), 0);
    const isWhole = end.slots === all.length && end.bytes === stored;
    if (!isWhole || !isCharged(charged, end) || String(shownIn(end)) !== String(ids.toSorted())) return false;
    return there.every((seen) => {
      const image = end.images[seen.image_id];
      const former = image?.former.map(({ version, checksum_sha256 }) => [version, checksum_sha256]);
      return image && fits(seen, image) && String(former) === String(formers.get(seen.image_id));
    });
  });
  expect(fitting.length, `${JSON.stringify([there, [...formers], charged])} after ${told}`).toBeGreaterThan(
    0,
  );
  for (const { url, checksum_sha256 } of there) {
    expect(sha256(await bytesAt(home, url)), told).toBe(checksum_sha256);
  }
}

/** The former versions of an image, newest first, with the checksums of their bytes. */
async function formersOf(home: Home, id: string): Promise<(number | string | null)[][]> {
  const response = await home.request(`/images/${id}/versions`);
  expect(response.status).toBe(200);
  const { items } = (await response.json()) as { items: Pick<Image, 'version' | 'checksum_sha256'>[] };
  return items.slice(1).map(({ version, checksum_sha256 }) => [version, checksum_sha256]);
}

// One of them more often than the others, so that several meet.
const target = fc.oneof(fc.nat(TARGETS), fc.constant(0));
// Several of the smaller ones find room, and few of the larger.
const size = fc.constantFrom(200, 500);
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ name: fc.constantFrom(...ACTS), target, size }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('upload' as const), size }) },
  { weight: 1, arbitrary: fc.record({ name: fc.constant('announce' as const), size }) },
  {
    weight: 1,
    arbitrary: fc.record({
      name: fc.constant('delete several' as const),
      targets: fc.array(target, { minLength: 1, maxLength: 4 }),
      forGood: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom<Op>({ name: 'list' }, { name: 'usage' }, { name: 'purge' }) },
);
const turns = fc.nat(25);
const step = (name: Act, to: number): fc.Arbitrary<Op> =>
  fc.record({ name: fc.constant(name), target: fc.constant(to), size });
const inTurn = (...ops: readonly fc.Arbitrary<Op>[]) =>
  fc.tuple(...ops.map((each) => fc.record({ op: each, turns })));
const plan: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.record({ op, turns }), { minLength: 1, maxLength: 3 }) },
  // What else would seldom come in such an order.
  {
    weight: 1,
    arbitrary: inTurn(
      fc.record({ name: fc.constant('announce' as const), size }),
      op,
      step('complete', TARGETS),
    ),
  },
  { weight: 1, arbitrary: inTurn(step('send', TARGETS), step('complete', TARGETS), op) },
  { weight: 1, arbitrary: inTurn(step('replace', 0), op, step('restore first version', 0)) },
);
const plans = fc.array(plan, { minLength: 2, maxLength: 4 });

describe('the search for an order', () => {
  const id = 'a';
  const checksum_sha256 = '00';
  const image: ModelImage = { ...NEW, place: 'shown', checksum_sha256, size: 300 };
  const first: State = { images: { [id]: image }, slots: 1, bytes: 300 };
  const seen = (said: { title?: string; description?: string } = {}): Seen => {
    return {
      version: 1,
      title: null,
      description: null,
      image_id: id,
      status: 'ready',
      checksum_sha256,
      ...said,
    };
  };
  const deed = (name: Act, began: number, ended: number, outcome: Outcome): Deed => ({
    op: { name, target: 0, size: 200 },
    outcome: { ...outcome, targets: [id] },
    began,
    ended,
  });
  const view = (status: number, began: number, ended: number) =>
    deed('view', began, ended, status === 200 ? { status, image: seen() } : { status });
  const change = (title: string, began: number, ended: number) =>
    deed('title', began, ended, { status: 200, sent: { title }, image: seen({ title }) });
  const endsAfter = (...all: readonly Deed[]) => endsOf(first, programsOf(first, all));

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

/** How often there was what is seldom. */
const NONE = {
  versions_restored: 0,
  uploads_completed: 0,
  completed_too_early: 0,
  without_room: 0,
  deleted_among_several: 0,
};

describe.each(HOMES)('what several clients do at once (%s)', (kind) => {
  const home = useHome(kind, {
    config: {
      ...processing({ trashDays: TRASH_DAYS, keepVersions: KEPT }),
      quotaLimits: { max_images: SLOTS, max_bytes: ROOM },
    },
  });

  it('is answered as if they had come one after the other, and ends as that would', {
    timeout: TORTURE ? 1_800_000 : 120_000,
  }, async () => {
    const counts = { runs: 0, operations: 0, refused: 0, orders_with_several_ends: 0, ...NONE };
    await fc.assert(
      fc.asyncProperty(plans, async (planned) => {
        const user_id = `racer-${++counts.runs}`;
        const { first, ground } = await prepare(home, user_id);
        const done = await race(home, ground, planned);
        counts.operations += done.length;
        for (const { op, outcome } of done) {
          if (op.name === 'restore first version' && outcome.status === 200) counts.versions_restored++;
          if (op.name === 'complete' && outcome.status === 200) counts.uploads_completed++;
          if (op.name === 'complete' && outcome.status === 409) counts.completed_too_early++;
          if (outcome.status === 429) counts.without_room++;
          counts.deleted_among_several += outcome.statuses?.filter((status) => status === 204).length ?? 0;
        }
        counts.refused += done.filter(({ outcome }) => outcome.status >= 400).length;
        const ends = endsOf(first, programsOf(first, done));
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
