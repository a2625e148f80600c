import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ImageRecord, objectKeysOf, storedBytes } from '../../src/domain/image.ts';
import type { Job } from '../../src/domain/job.ts';
import {
  encodeKeyPart,
  RENDITIONS_PREFIX,
  renditionObjectKey,
  versionRenditionsPrefix,
} from '../../src/domain/object-key.ts';
import { presetFileName } from '../../src/domain/rendition-name.ts';
import { doJob } from '../../src/operations/background/do-job.ts';
import { purgeTrash } from '../../src/operations/background/purge-trash.ts';
import { DIVIDED_HOMES, HOMES, type TestHome, useHome } from '../support/homes.ts';
import { idsIn, post, processing, remove, replace, usage } from '../support/image-calls.ts';
import { LARGE } from '../support/large.ts';
import { contentOf, keysOf } from '../support/stored-bytes.ts';
import { newPng, upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

/** What may happen to one image at the same time. */
const ACTIONS = [
  'replace',
  'restore-version',
  'patch',
  'delete',
  'delete for good',
  'restore-image',
  'render',
  'process',
  'withdraw',
  'work',
  'purge',
] as const;
type Action = (typeof ACTIONS)[number];

/** What callers may be answered. */
const ANSWERS: Readonly<Partial<Record<Action, readonly number[]>>> = {
  replace: [200, 404, 409],
  'restore-version': [200, 404, 409],
  patch: [200, 404],
  delete: [204, 404],
  'delete for good': [204, 404],
  'restore-image': [200, 404],
  // The bytes go before the record does: for a moment nobody can tell what has become of them.
  render: [302, 404, 409, 503],
};

/** How many rounds each home is put through; five times as many in the large run. */
const RUNS = { embedded: 25, aws: 8 } as const;

const TRASH_DAYS = 30;
const LATER_MS = (TRASH_DAYS + 1) * 86_400_000;

interface Raced {
  readonly image_id: string;
  readonly user_id: string;
}

async function work(home: Home, { image_id, user_id }: Raced, kind: 'process' | 'withdraw'): Promise<void> {
  const version = (await home.context.deps.index.get(image_id))?.version ?? 1;
  const job: Job =
    kind === 'process'
      ? { kind: 'process-image', image_id, version }
      : { kind: 'withdraw-image', image_id, user_id, object_keys: [] };
  const deps = { ...home.context.deps, scanner: undefined, searchFeed: undefined, keepGps: false };
  await doJob(deps, job, { number: 1, isLast: false });
}

/** Does an action after some turns of the event loop; what it answers, or undefined where nobody is answered. */
async function act(home: Home, raced: Raced, action: Action, turns: number): Promise<number | undefined> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  const { image_id } = raced;
  const path = `/images/${image_id}`;
  switch (action) {
    case 'replace':
      return (await replace(home, image_id, newPng(200 + turns))).status;
    case 'restore-version':
      return (await post(home, `${path}/versions/1/restore`)).status;
    case 'patch': {
      const headers = { 'content-type': 'application/json' };
      return (await home.request(path, { method: 'PATCH', headers, body: '{"tags":["new"]}' })).status;
    }
    case 'delete':
      return (await remove(home, image_id)).status;
    case 'delete for good':
      return (await remove(home, image_id, '?permanent=true')).status;
    case 'restore-image':
      return (await post(home, `${path}/restore`)).status;
    case 'render':
      return (await home.request(`${path}/renditions?w=2&format=png`)).status;
    case 'work':
      return void (await home.workOff());
    case 'purge': {
      // To it much time has gone by since anything was deleted.
      const clock = { now: () => home.context.deps.clock.now() + LATER_MS };
      return void (await purgeTrash({ ...home.context.deps, clock }));
    }
    default:
      return void (await work(home, raced, action));
  }
}

/** Keys of this user alone, of bytes and of what was made of them. */
async function objectsOf(home: Home, user_id: string) {
  const { objects } = home.context.deps;
  const folder = `${encodeKeyPart(user_id)}/`;
  return {
    originals: await keysOf(objects, folder),
    renditions: await keysOf(objects, `${RENDITIONS_PREFIX}${folder}`),
  };
}

async function expectNothing(home: Home, { user_id }: Raced): Promise<void> {
  expect(await objectsOf(home, user_id)).toEqual({ originals: [], renditions: [] });
  expect(await usage(home, user_id)).toEqual({ images: 0, bytes: 0 });
  for (const query of ['', '&deleted=true', '&tag=new', '&tag=old']) {
    expect(await idsIn(home, `user_id=${user_id}${query}`)).toEqual([]);
  }
}

/** The bytes that the record speaks of are there, are those, and are all; what was made is of the current ones. */
async function expectWhole(home: Home, record: ImageRecord): Promise<void> {
  const { user_id, image_id, version, presets } = record;
  const { originals, renditions } = await objectsOf(home, user_id);
  expect(originals).toEqual([...objectKeysOf(record)].sort());
  for (const { object_key, checksum_sha256 } of [record, ...record.former_versions]) {
    const bytes = await contentOf(home.context.deps.objects, object_key);
    const digest = createHash('sha256').update(bytes ?? '');
    expect(digest.digest('hex')).toBe(checksum_sha256);
  }
  expect(await usage(home, user_id)).toEqual({ images: 1, bytes: storedBytes(record) });
  const prefix = versionRenditionsPrefix(user_id, image_id, version);
  expect(renditions.filter((key) => !key.startsWith(prefix))).toEqual([]);
  const named = (presets?.names ?? []).map((name) =>
    renditionObjectKey(user_id, image_id, version, presetFileName(name, 'webp')),
  );
  expect(renditions).toEqual(expect.arrayContaining(named));
  const asked = renditions.filter((key) => !named.includes(key));
  for (const key of asked) expect(key).toMatch(/\/w2-h2-inside-q100\.png$/);
}

/** The small model: whatever was done at once, the image is whole and where it belongs, or there is nothing of it. */
async function expectOneEnd(
  home: Home,
  raced: Raced,
  done: readonly { action: Action; status: number | undefined }[],
): Promise<void> {
  for (const { action, status } of done) {
    if (status !== undefined)
      expect([action, ANSWERS[action]]).toEqual([action, expect.arrayContaining([status])]);
  }
  const record = await home.context.deps.index.get(raced.image_id);
  const did = (action: Action) => done.some((each) => each.action === action);
  if (!record) {
    expect(did('delete for good') || (did('purge') && did('delete'))).toBe(true);
    return expectNothing(home, raced);
  }
  expect(done).not.toContainEqual({ action: 'delete for good', status: 204 });
  const made = done.filter(
    ({ action, status }) => status === 200 && (action === 'replace' || action === 'restore-version'),
  );
  expect(record.version).toBe(2 + made.length);
  expect(record.status).toBe('ready');
  await expectWhole(home, record);
  const { image_id, user_id } = raced;
  const isTrashed = record.deleted_at !== null;
  expect(isTrashed && !did('delete')).toBe(false);
  for (const query of [`user_id=${user_id}`, `user_id=${user_id}&tag=${record.tags[0]}`]) {
    expect(await idsIn(home, query)).toEqual(isTrashed ? [] : [image_id]);
  }
  expect(await idsIn(home, `user_id=${user_id}&deleted=true`)).toEqual(isTrashed ? [image_id] : []);
  // What is seen has been processed.
  if (!isTrashed) expect(record.presets?.names).toEqual(['thumb', 'small']);
}

describe.each(LARGE ? HOMES : DIVIDED_HOMES)('what happens to one image at the same time (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ trashDays: TRASH_DAYS, keepVersions: 1 }) });
  let raced = 0;

  it('ends in an image that is whole, in the trash or not, or in nothing', { timeout: 240_000 }, async () => {
    const step = fc.record({ action: fc.constantFrom(...ACTIONS), turns: fc.nat(30) });
    const steps = fc.array(step, { minLength: 2, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (taken, isProcessed) => {
        const user_id = `racer-${++raced}`;
        const { image_id } = await upload(home, { user_id, tags: ['old'] }, newPng());
        await replace(home, image_id, newPng(150));
        if (isProcessed) await home.workOff();
        const done = await Promise.all(
          taken.map(async ({ action, turns }) => ({
            action,
            status: await act(home, { image_id, user_id }, action, turns),
          })),
        );
        await home.workOff();
        await expectOneEnd(home, { image_id, user_id }, done);
        await remove(home, image_id, '?permanent=true');
        await home.workOff();
        await expectNothing(home, { image_id, user_id });
      }),
      { numRuns: RUNS[kind] * (LARGE ? 3 : 1) },
    );
  });
});
