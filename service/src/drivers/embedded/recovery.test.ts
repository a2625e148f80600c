import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ALL, listed } from '../../../test/support/listed.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { silentLog } from '../../../test/support/silent-log.ts';
import { bytesOf, put } from '../../../test/support/stored-bytes.ts';
import { currentVersionOf, type ImageRecord } from '../../domain/image.ts';
import { newImageId } from '../../domain/image-id.ts';
import { jobFromText } from '../../domain/job.ts';
import {
  attemptObjectKey,
  imageObjectKey,
  renditionObjectKey,
  replacementObjectKey,
  strippedObjectKey,
} from '../../domain/object-key.ts';
import { createSigner } from '../../domain/signing.ts';
import { DiskObjectStore } from './disk/disk-object-store.ts';
import { openStorage } from './open-storage.ts';

const MINUTE = 60_000;
const USERS = ['alice', '..', 'a#b/c', '🦅'.repeat(32), `${'🦅'.repeat(31)}🦆`];

let scratch: Awaited<ReturnType<typeof scratchFolder>>;
let folder: string;
let objects: DiskObjectStore;

beforeEach(async () => {
  scratch = await scratchFolder();
  folder = scratch.path;
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  objects = new DiskObjectStore({ folder, publicUrl: 'http://127.0.0.1:3000', signer });
});

afterEach(() => scratch.remove());

/** A run that came to its end, with the given images in it. */
async function runWith(records: readonly ImageRecord[]): Promise<void> {
  const storage = await openStorage(folder, silentLog);
  for (const record of records) {
    await put(objects, record.object_key, bytesOf(100));
    await storage.index.insert(record);
  }
  await storage.close();
}

/** As if the last run, begun at `startedAt`, had been killed. */
function cutOff(startedAt: number): void {
  using database = new DatabaseSync(join(folder, 'index.db'));
  database.prepare('INSERT INTO run (started_at) VALUES (?)').run(startedAt);
}

/** The next run: what it said, and which images it finds. */
async function nextRun() {
  const log = recordingLog();
  const storage = await openStorage(folder, log);
  const ids = await listed(storage.index, ALL);
  const byTag = await listed(storage.index, { ...ALL, tags: ['bird', 'dusk'] });
  expect(byTag).toEqual(ids);
  await storage.close();
  return { ids: ids.sort(), entries: log.entries };
}

async function files(): Promise<string[]> {
  const entries = await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

const keyOf = (user: string, time = Date.now()) => imageObjectKey(user, newImageId(time), 1);
const nameOf = (key: string) => key.slice(key.lastIndexOf('/') + 1);
const idsOf = (records: readonly ImageRecord[]) => records.map(({ image_id }) => image_id).sort();

/** A record of now, as the run that is cut off makes them. */
const recordOf = (user_id: string, differing: Partial<ImageRecord> = {}) =>
  sampleRecord({ user_id, image_id: newImageId(Date.now()), ...differing });

const summary = (removed_files: number, finished_deletions: number) =>
  expect.objectContaining({
    level: 'warn',
    fields: expect.objectContaining({ removed_files, finished_deletions }),
  });

describe('after a run that was cut off', () => {
  test('files whose record was never committed are removed, and those that have one stay', async () => {
    const records = USERS.map((user) => recordOf(user));
    await runWith(records);
    for (const user of [...USERS, 'somebody new']) await put(objects, keyOf(user), bytesOf(50));
    expect(await files()).toHaveLength(11);
    const startedAt = Date.now() - MINUTE;
    cutOff(startedAt);
    const { ids, entries } = await nextRun();
    expect(ids).toEqual(idsOf(records));
    expect(await files()).toEqual(idsOf(records));
    expect(entries).toEqual([summary(6, 0)]);
    expect(entries[0]?.fields['started_at']).toBe(new Date(startedAt).toISOString());
  });

  test.each([
    ['set back to now', 0],
    ['to a time before that, and put right', -60 * MINUTE],
  ])('so is what was made once the clock, which was ahead when it began, was %s', async (_when, to) => {
    const storage = await openStorage(folder, silentLog);
    const began = (at: number) => {
      using database = new DatabaseSync(join(folder, 'index.db'));
      database.prepare('UPDATE run SET started_at = ?').run(at);
    };
    began(Date.now() + 24 * 60 * MINUTE);
    await storage.clockWentBack(Date.now() + to);
    await storage.clockWentBack(Date.now());
    await put(objects, keyOf('alice'), bytesOf(50));
    await storage.close({ unfinished: true });
    const { entries } = await nextRun();
    expect(entries).toEqual([summary(1, 0)]);
    expect(await files()).toEqual([]);
    expect(Date.parse(String(entries[0]?.fields['started_at']))).toBeLessThanOrEqual(Date.now() + to);
  });

  test('deletions that had got as far as the bytes are finished', async () => {
    const [kept, gone] = [USERS.map((user) => recordOf(user)), USERS.map((user) => recordOf(user))];
    await runWith([...kept, ...gone]);
    for (const record of gone) await objects.delete(record.object_key);
    cutOff(Date.now() - MINUTE);
    const { ids, entries } = await nextRun();
    expect(ids).toEqual(idsOf(kept));
    expect(entries.at(-1)).toEqual(summary(0, 5));
    expect(
      entries
        .slice(0, -1)
        .map(({ fields }) => fields['image_id'])
        .sort(),
    ).toEqual(idsOf(gone));
  });

  test('of a deletion that had removed former versions only, the image stays, without those', async () => {
    const record = recordOf('alice');
    const versionOf = (version: number) => ({
      ...currentVersionOf(record),
      version,
      object_key: replacementObjectKey('alice', record.image_id, version, 0),
    });
    const former_versions = [versionOf(3), versionOf(2), { ...currentVersionOf(record), version: 1 }];
    const replaced = { ...record, version: 4, object_key: versionOf(4).object_key, former_versions };
    const untouched = recordOf('alice');
    await runWith([replaced, untouched]);
    // As deletions go: the oldest first. The third shares nothing with another, and is there yet.
    await put(objects, versionOf(3).object_key, bytesOf(100));
    cutOff(Date.now() - MINUTE);
    const { ids, entries } = await nextRun();
    expect(ids).toEqual(idsOf([replaced, untouched]));
    expect(entries.map(({ fields }) => fields)).toMatchObject([
      { image_id: record.image_id, versions: 2 },
      { removed_files: 0, finished_deletions: 0, forgotten_versions: 2 },
    ]);
    const storage = await openStorage(folder, silentLog);
    const stored = await storage.index.get(record.image_id);
    const { images, bytes } = await storage.quotas.usageOf('alice');
    await storage.close();
    expect(stored).toStrictEqual({ ...replaced, former_versions: [versionOf(3)], background_revision: 1 });
    expect([images, bytes]).toEqual([2, 3 * record.size_bytes]);
    expect(await files()).toHaveLength(3);
  });

  test('what was made of an image whose deletion is finished is left to a job', async () => {
    const gone = recordOf('a#b/c');
    await runWith([gone]);
    await objects.delete(gone.object_key);
    cutOff(Date.now() - MINUTE);
    await nextRun();
    const storage = await openStorage(folder, silentLog);
    const queued = storage.jobs.due('withdraw-image', Date.now(), 10);
    await storage.close();
    const { image_id, user_id } = gone;
    expect(queued.map(({ content }) => jobFromText(content))).toEqual([
      { kind: 'withdraw-image', image_id, user_id, object_keys: [] },
    ]);
  });

  test('what is put right once is not done again', async () => {
    const record = recordOf('alice');
    await runWith([record]);
    cutOff(Date.now() - MINUTE);
    expect((await nextRun()).entries).toEqual([summary(0, 0)]);
    const orphan = keyOf('alice');
    await put(objects, orphan, bytesOf(50));
    const { ids, entries } = await nextRun();
    expect([ids, entries]).toEqual([[record.image_id], []]);
    expect(await files()).toContain(nameOf(orphan));
  });

  test('of attempts under one idempotency key, the bytes that the record refers to stay alone', async () => {
    const [first, second, none] = [recordOf('alice'), recordOf('alice'), newImageId(Date.now())];
    const attempt = (id: string, takeovers: number) => attemptObjectKey('alice', id, takeovers);
    const taken = { ...second, object_key: attempt(second.image_id, 2) };
    await runWith([first, taken]);
    for (const id of [first.image_id, none]) await put(objects, attempt(id, 1), bytesOf(50));
    for (const takeovers of [0, 1, 3]) await put(objects, attempt(second.image_id, takeovers), bytesOf(50));
    cutOff(Date.now() - MINUTE);
    expect((await nextRun()).entries).toEqual([summary(5, 0)]);
    expect(await files()).toEqual([first, taken].map(({ object_key }) => nameOf(object_key)).sort());
  });

  test('bytes without their place that no record has come to refer to go, and those of a record stay', async () => {
    const record = recordOf('alice');
    const stripped = (sent: string) => strippedObjectKey(record.object_key, sent, 'b'.repeat(64));
    const rewritten = { ...record, object_key: stripped('a'.repeat(64)) };
    await runWith([rewritten]);
    await put(objects, stripped('c'.repeat(64)), bytesOf(50));
    cutOff(Date.now() - MINUTE);
    expect((await nextRun()).entries).toEqual([summary(1, 0)]);
    expect(await files()).toEqual([nameOf(rewritten.object_key)]);
  });

  test('bytes of an attempt that took over are told by their own time, not by that of the id', async () => {
    const id = newImageId(Date.now() - 20 * 60 * MINUTE);
    await runWith([]);
    const [old, recent] = [attemptObjectKey('alice', id, 1), attemptObjectKey('alice', id, 2)];
    for (const key of [old, recent]) await put(objects, key, bytesOf(50));
    const before = new Date(Date.now() - 20 * MINUTE);
    await utimes(join(folder, 'objects', old), before, before);
    cutOff(Date.now() - MINUTE);
    expect((await nextRun()).entries).toEqual([summary(1, 0)]);
    expect(await files()).toEqual([nameOf(old)]);
  });

  test('what was being made of images that were deleted or replaced meanwhile goes, and what is of use stays', async () => {
    const [kept, replaced] = USERS.slice(3).map((user) => recordOf(user, { version: 2 }));
    if (!kept || !replaced) throw new Error('There are no such users.');
    await runWith([kept, replaced]);
    const keyOfThumb = (user: string, id: string, version: number) =>
      renditionObjectKey(user, id, version, 'thumb.webp');
    const gone = keyOfThumb('alice', newImageId(Date.now() - 20 * 60 * MINUTE), 1);
    const outdated = keyOfThumb(replaced.user_id, replaced.image_id, 1);
    const current = keyOfThumb(kept.user_id, kept.image_id, 2);
    const ahead = keyOfThumb(replaced.user_id, replaced.image_id, 3);
    for (const key of [gone, outdated, current, ahead]) await put(objects, key, bytesOf(50));
    cutOff(Date.now() - MINUTE);
    expect((await nextRun()).entries).toEqual([summary(2, 0)]);
    const isLeft = async (key: string) => {
      const object = await objects.open(key);
      await object?.close();
      return object !== undefined;
    };
    expect(await Promise.all([gone, outdated, current, ahead].map(isLeft))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test('drafts are thrown away', async () => {
    await runWith([]);
    await writeFile(join(folder, 'incoming', 'draft'), 'half');
    cutOff(Date.now() - MINUTE);
    await nextRun();
    expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  });
});

describe('what a cut-off run cannot have left is not touched', () => {
  test('files from before it, but for some minutes by which a clock may be wrong', async () => {
    await runWith([]);
    const [old, recent] = [keyOf('alice', Date.now() - 20 * MINUTE), keyOf('alice', Date.now() - 5 * MINUTE)];
    for (const key of [old, recent]) await put(objects, key, bytesOf(50));
    cutOff(Date.now());
    const { entries } = await nextRun();
    expect(await files()).toEqual([nameOf(old)]);
    expect(entries).toEqual([summary(1, 0)]);
  });

  test('files and folders that are none of ours', async () => {
    const record = recordOf('alice');
    await runWith([record]);
    const foreign = [
      'alice/notes.txt',
      `alice/${newImageId(Date.now())}.tmp`,
      'alice/README',
      'top.txt',
      'a b/x',
    ];
    await mkdir(join(folder, 'objects', 'a b'));
    for (const path of foreign) await writeFile(join(folder, 'objects', path), 'x');
    await mkdir(join(folder, 'objects', 'alice', newImageId(0)));
    // Names that look like an image's, where no image can be: no user's folder is called so.
    const strays = ['a b', 'a.b', '.trash', '%61', 'a%2fb'].map(
      (name) => `${name}/${newImageId(Date.now())}`,
    );
    for (const path of strays) {
      await mkdir(join(folder, 'objects', dirname(path)), { recursive: true });
      await writeFile(join(folder, 'objects', path), 'x');
    }
    cutOff(Date.now() - MINUTE);
    const { ids, entries } = await nextRun();
    expect(ids).toEqual([record.image_id]);
    expect(await files()).toEqual([...foreign, ...strays, record.object_key].map(nameOf).sort());
    expect(entries).toEqual([summary(0, 0)]);
  });

  test('folders in which nothing has changed since', async () => {
    const [alices, bobs] = [recordOf('alice'), recordOf('bob')];
    await runWith([alices, bobs]);
    const orphans = [keyOf('alice'), keyOf('bob')];
    for (const key of orphans) await put(objects, key, bytesOf(50));
    const hourAgo = new Date(Date.now() - 60 * MINUTE);
    await utimes(join(folder, 'objects', 'bob'), hourAgo, hourAgo);
    cutOff(Date.now() - MINUTE);
    const { ids } = await nextRun();
    expect(ids).toEqual(idsOf([alices, bobs]));
    expect(await files()).toEqual([alices.image_id, bobs.image_id, nameOf(orphans[1] ?? '')].sort());
  });

  test('records that have no bytes yet', async () => {
    const waiting = recordOf('alice', { status: 'pending' });
    await runWith([waiting]);
    await objects.delete(waiting.object_key);
    cutOff(Date.now() - MINUTE);
    const storage = await openStorage(folder, silentLog);
    expect(await storage.index.get(waiting.image_id)).toStrictEqual(waiting);
    await storage.close();
  });

  test('bytes of an image that is not ready, or of a user whose folder is called alike', async () => {
    const [scanning, upper] = [recordOf('alice', { status: 'scanning' }), recordOf('A')];
    await runWith([scanning]);
    const storage = await openStorage(folder, silentLog);
    await storage.index.insert(upper);
    await storage.close();
    // Where a file system does not tell the two apart, A's files may lie in a folder called `a`.
    await put(objects, imageObjectKey('a', upper.image_id, 1), bytesOf(50));
    cutOff(Date.now() - MINUTE);
    expect((await nextRun()).ids).toEqual([upper.image_id]);
    expect(await files()).toEqual(idsOf([scanning, upper]));
  });
});

test('after a run that came to its end nothing at all is touched', async () => {
  const record = recordOf('alice');
  await runWith([record]);
  const orphan = keyOf('alice');
  await put(objects, orphan, bytesOf(50));
  await objects.delete(record.object_key);
  const { ids, entries } = await nextRun();
  expect([ids, entries]).toEqual([[record.image_id], []]);
  expect(await files()).toEqual([nameOf(orphan)]);
});
