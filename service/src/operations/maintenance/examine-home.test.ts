import { expect, test } from 'vitest';
import { openMemoryHome, SOON } from '../../../test/support/examined-memory.ts';
import { put } from '../../../test/support/stored-bytes.ts';
import { newImageId } from '../../domain/image-id.ts';
import {
  imageObjectKey,
  renditionObjectKey,
  strippedObjectKey,
  uploadObjectKey,
} from '../../domain/object-key.ts';

/** What lasts an hour, in milliseconds. */
const HOUR = 3_600_000;

test('a home in which all is right is found so, and nothing is waited for', async () => {
  const home = await openMemoryHome();
  await home.store();
  const settle = () => Promise.reject(new Error('There is nothing to wait for.'));
  expect(await home.examine({ settle })).toEqual([]);
  expect(await home.examine({ settle, scrub: true, fix: true })).toEqual([]);
});

test('what is gone when it is looked at again is no finding', async () => {
  const home = await openMemoryHome();
  const record = await home.store();
  await home.objects.delete(record.object_key);
  const orphan = imageObjectKey('alice', newImageId(Date.now()), 1);
  await put(home.objects, orphan, Buffer.from('bytes'));
  const upload_key = uploadObjectKey('alice', newImageId(Date.now()));
  await home.arrive(upload_key);
  const parts_id = await home.uploads.beginParts(upload_key, 'image/png');
  const settle = async () => {
    // A deletion that had got as far as the bytes, one of bytes alone, and the end of uploads.
    if (await home.index.get(record.image_id)) await home.remove(record);
    await home.objects.delete(orphan);
    await home.uploads.discard(upload_key);
    await home.uploads.discardParts(upload_key, parts_id);
  };
  expect(await home.examine({ settle, fix: true })).toEqual([]);
});

test('an upload that has begun, and bytes that have come anew, before the second look are no finding', async () => {
  const home = await openMemoryHome();
  await home.store();
  const orphan = imageObjectKey('alice', newImageId(Date.now()), 1);
  await put(home.objects, orphan, Buffer.from('bytes'));
  const image_id = newImageId(Date.now());
  await home.arrive(uploadObjectKey('alice', image_id));
  const before = Date.now() + 2;
  const settle = async () => {
    // Until what comes now is young.
    while (Date.now() < before);
    await home.announce({ image_id, expires_at: new Date(SOON() + HOUR).toISOString() });
    await home.objects.delete(orphan);
    await put(home.objects, orphan, Buffer.from('others'));
  };
  let settled: Promise<void> | undefined;
  const once = () => (settled ??= settle());
  expect(await home.examine({ settle: once, before, fix: true })).toEqual([]);
  expect(await home.arrivals()).toHaveLength(1);
  expect(await home.keys()).toContain(orphan);
});

test('bytes of no record are found, and removed only where that is wanted', async () => {
  const home = await openMemoryHome();
  const record = await home.store();
  const gone = newImageId(Date.now());
  const orphans = [
    imageObjectKey('alice', gone, 1),
    imageObjectKey(record.user_id, record.image_id, 7),
    `${record.object_key}.t2`,
    strippedObjectKey(record.object_key, 'ab'.repeat(32), '01'.repeat(32)),
    strippedObjectKey(`${record.object_key}.v2.t3`, 'ab'.repeat(32), '01'.repeat(32)),
    renditionObjectKey('alice', gone, 1, 'thumb.webp'),
    renditionObjectKey(record.user_id, record.image_id, 2, 'w10-h10-fill-q80.webp'),
  ];
  for (const key of orphans) await put(home.objects, key, Buffer.from('bytes'));
  const found = await home.examine();
  expect(found.map(({ kind, mended }) => [kind, mended])).toEqual(
    orphans.map(() => ['orphan-object', false]),
  );
  expect(found.map(({ key }) => key).sort()).toEqual([...orphans].sort());
  expect(await home.keys()).toEqual([record.object_key, ...orphans].sort());
  expect((await home.examine({ fix: true })).map(({ mended }) => mended)).toEqual(orphans.map(() => true));
  expect(await home.keys()).toEqual([record.object_key]);
  expect(await home.examine()).toEqual([]);
});

test('what is not exactly a key of an image is left alone', async () => {
  const home = await openMemoryHome();
  const { image_id, object_key } = await home.store();
  const others = [
    `alice/${image_id}.jpg`,
    `alice/${image_id}/original`,
    `alice/${image_id}.v0`,
    'alice/notes',
    `.other/alice/${newImageId(Date.now())}`,
    `.renditions/alice/${image_id}.v9/unknown.webp`,
    `.uploads/alice/${newImageId(Date.now())}`,
    'malware-protection-resource-validation-object',
  ];
  for (const key of others) await put(home.objects, key, Buffer.from('bytes'));
  expect(await home.examine({ fix: true })).toEqual([]);
  expect(await home.keys()).toEqual([object_key, ...others].sort());
});

test('what a file system that does not tell A from a calls otherwise is never taken for an orphan', async () => {
  const home = await openMemoryHome();
  const record = await home.store();
  const keys = [record.object_key, await home.addPreset(record)].map((key) => key.replace('alice', 'Alice'));
  for (const key of keys) await put(home.objects, key, Buffer.from('bytes'));
  expect(await home.examine({ fix: true })).toEqual([]);
});

test('what is younger than the longest upload is neither found nor touched', async () => {
  const home = await openMemoryHome();
  await home.store();
  await put(home.objects, imageObjectKey('alice', newImageId(Date.now()), 1), Buffer.from('bytes'));
  await home.arrive(uploadObjectKey('alice', newImageId(Date.now())));
  await home.uploads.beginParts(uploadObjectKey('alice', newImageId(Date.now())), 'image/png');
  home.leave({ name: 'draft', size_bytes: 3, last_modified: new Date() });
  const before = Date.now() - HOUR;
  const keys = await home.keys();
  expect(await home.examine({ fix: true, before })).toEqual([]);
  expect(await home.keys()).toEqual(keys);
  expect(await home.examine()).toHaveLength(4);
});

test('a young image without bytes, or off the lists, is told and left as it is', async () => {
  const home = await openMemoryHome();
  await home.store();
  const now = new Date().toISOString();
  const times = { created_at: now, upload_time: now, updated_at: now, accepted_at: now };
  const lost = await home.store(times);
  await home.objects.delete(lost.object_key);
  const unlisted = await home.store(times);
  home.unlist(unlisted.image_id);
  const found = await home.examine({ fix: true, before: Date.now() - HOUR });
  expect(found.map(({ kind, image_id, mended }) => [kind, image_id, mended])).toEqual([
    ['missing-bytes', lost.image_id, false],
    ['wrong-listing', unlisted.image_id, false],
  ]);
  expect(await home.index.get(lost.image_id)).toEqual(lost);
});

test('what an image had until a replacement not long ago waits for its job', async () => {
  const home = await openMemoryHome();
  const replaced = SOON() + HOUR;
  const record = await home.store({ version: 2, accepted_at: new Date(replaced).toISOString() });
  await put(home.objects, imageObjectKey('alice', record.image_id, 1), Buffer.from('before'));
  await put(home.objects, renditionObjectKey('alice', record.image_id, 1, 'thumb.webp'), Buffer.from('x'));
  expect(await home.examine({ fix: true, before: replaced })).toEqual([]);
  expect(await home.examine({ before: replaced + 1 })).toHaveLength(2);
});

test('a rejected image without bytes harms nobody', async () => {
  const home = await openMemoryHome();
  await home.store();
  const rejected = await home.store({ status: 'rejected', rejection_reason: 'infected: Eicar' });
  await home.objects.delete(rejected.object_key);
  expect(await home.examine({ fix: true })).toEqual([]);
});

test('a record is removed only where nothing is left of any version, and is told as it was', async () => {
  const home = await openMemoryHome();
  await home.store();
  const lost = await home.store({ title: 'Dear to somebody' });
  await home.objects.delete(lost.object_key);
  const former = await home.storeWithFormer();
  await home.objects.delete(former.object_key);
  const stray = await home.store({ version: 3 });
  await home.objects.delete(stray.object_key);
  await put(home.objects, imageObjectKey('alice', stray.image_id, 9), Buffer.from('perhaps its bytes'));
  const found = await home.examine({ fix: true });
  expect(found.filter(({ kind }) => kind === 'missing-bytes')).toMatchObject([
    { image_id: lost.image_id, key: lost.object_key, mended: true, removed_record: lost },
    { image_id: former.image_id, mended: false },
    { image_id: stray.image_id, mended: false },
  ]);
  // Nor are bytes removed that may be what is left of an image.
  expect(found.filter(({ kind }) => kind === 'orphan-object')).toMatchObject([
    { image_id: stray.image_id, mended: false, what: expect.stringContaining('may be of use') },
  ]);
  expect(await home.index.get(lost.image_id)).toBeUndefined();
  expect(await home.index.get(former.image_id)).toEqual(former);
  expect(await home.examine()).toHaveLength(3);
});

test('a former version without bytes is forgotten, and its room given back', async () => {
  const home = await openMemoryHome();
  const record = await home.storeWithFormer();
  const [former] = record.former_versions;
  await home.objects.delete(former?.object_key ?? '');
  expect(await home.examine({ fix: true })).toMatchObject([
    { kind: 'missing-version', image_id: record.image_id, key: former?.object_key, mended: true },
  ]);
  expect(await home.index.get(record.image_id)).toEqual({
    ...record,
    former_versions: [],
    background_revision: record.background_revision + 1,
  });
  expect(await home.examine()).toEqual([]);
});

test('presets that are gone are made again, all of them', async () => {
  const home = await openMemoryHome();
  const record = await home.store();
  await home.objects.delete(await home.addPreset(record));
  expect(await home.examine({ fix: true })).toMatchObject([
    { kind: 'missing-rendition', image_id: record.image_id, mended: true },
  ]);
  expect(home.jobs).toEqual([{ kind: 'process-image', image_id: record.image_id, version: 1 }]);
  expect(await home.index.get(record.image_id)).toMatchObject({ presets: null, placeholder: null });
});

test('an image that waits for what will not come gets its job again', async () => {
  const home = await openMemoryHome();
  const ready = await home.store({ placeholder: null });
  const scanning = await home.store({ status: 'scanning', placeholder: null });
  await home.store({ placeholder: null, deleted_at: '2026-05-05T00:00:00.000Z' });
  const queued = await home.store({ placeholder: null });
  home.knownJobs.set(queued.image_id, [{ kind: 'process-image', is_dead: false }]);
  const found = await home.examine({ fix: true });
  expect(found.map(({ kind, image_id, mended }) => [kind, image_id, mended])).toEqual([
    ['stuck-image', ready.image_id, true],
    ['stuck-image', scanning.image_id, true],
  ]);
  expect(home.jobs).toEqual(
    [ready, scanning].map(({ image_id }) => ({ kind: 'process-image', image_id, version: 1 })),
  );
});

test('a job that has failed for good is told with its failure, and left; so is its image', async () => {
  const home = await openMemoryHome();
  const { image_id } = await home.store({ placeholder: null });
  const job = JSON.stringify({ kind: 'process-image', image_id, version: 1 });
  const queued_at = '2026-05-04T03:02:01.000Z';
  home.deadJobs.push({ id: '7', job, queued_at, tries: 30, failure: 'the disk is away' });
  home.deadJobs.push({ id: '8', job: '{"kind":"of-a-later-release"}', queued_at, tries: 30, failure: null });
  const found = await home.examine({ fix: true });
  expect(found).toMatchObject([
    { kind: 'dead-job', name: '7', image_id, mended: false },
    { kind: 'dead-job', name: '8', mended: false },
  ]);
  expect(found[0]?.what).toBe(
    `process-image of ${queued_at} has failed for good after 30 tries: the disk is away`,
  );
  expect(home.jobs).toEqual([]);
});

test('uploads that should have ended long ago are ended, and what was sent for none is removed', async () => {
  const home = await openMemoryHome();
  await home.store();
  const ended = await home.announce({ expires_at: '2026-05-04T04:00:00.000Z' });
  const alive = await home.announce({ expires_at: new Date(SOON() + HOUR).toISOString() });
  const gone = newImageId(Date.now());
  for (const id of [alive, gone]) await home.arrive(uploadObjectKey('alice', id));
  const parts_id = await home.uploads.beginParts(uploadObjectKey('alice', gone), 'image/png');
  const others = await home.uploads.beginParts(uploadObjectKey('alice', alive), 'image/png');
  const found = await home.examine({ fix: true });
  expect(found.map(({ kind, image_id, name, mended }) => [kind, image_id, name, mended])).toEqual([
    ['stuck-upload', ended, undefined, true],
    ['stray-upload', gone, undefined, true],
    ['stray-upload', gone, parts_id, true],
    ['stray-upload', alive, others, true],
  ]);
  expect(await home.index.get(ended)).toBeUndefined();
  expect(await home.index.get(alive)).toBeDefined();
  expect(await home.arrivals()).toEqual([uploadObjectKey('alice', alive)]);
  expect(await home.examine()).toEqual([]);
});

test('bytes are held against their SHA-256 only when that is wanted, and left as they are', async () => {
  const home = await openMemoryHome();
  const record = await home.store();
  await home.objects.delete(record.object_key);
  await put(home.objects, record.object_key, Buffer.from('other'));
  const shorter = await home.store();
  await home.objects.delete(shorter.object_key);
  await put(home.objects, shorter.object_key, Buffer.from('oth'));
  const size = { kind: 'damaged-object', image_id: shorter.image_id, mended: false };
  expect(await home.examine()).toMatchObject([size]);
  expect(await home.examine({ scrub: true, fix: true })).toMatchObject([
    { kind: 'damaged-object', image_id: record.image_id, key: record.object_key, mended: false },
    size,
  ]);
});

test('rows of listings are written anew, those of no image removed, and counts corrected', async () => {
  const home = await openMemoryHome();
  const record = await home.store();
  home.unlist(record.image_id);
  const stray = { image_id: newImageId(0), place: 'USER#alice 2026' };
  home.strays.push(stray);
  await home.quotas.reserve('alice', { images: 1, bytes: 9 }, { max_images: null, max_bytes: null });
  home.leave({ name: 'draft', size_bytes: 3, last_modified: new Date(0) });
  const found = await home.examine();
  expect(found.map(({ kind, image_id, name, user_id }) => [kind, image_id ?? name ?? user_id])).toEqual([
    ['wrong-listing', record.image_id],
    ['stray-listing', stray.image_id],
    ['temporary-file', 'draft'],
    ['wrong-count', 'alice'],
  ]);
  expect((await home.examine({ fix: true })).map(({ mended }) => mended)).toEqual([true, true, true, true]);
  expect(await home.examine()).toEqual([]);
});

test('nothing is removed where not one image has its bytes: that is another home', async () => {
  const home = await openMemoryHome();
  const records = [await home.store(), await home.store()];
  for (const { object_key } of records) await home.objects.delete(object_key);
  const orphan = imageObjectKey('alice', newImageId(Date.now()), 1);
  await put(home.objects, orphan, Buffer.from('bytes'));
  const found = await home.examine({ fix: true });
  expect(found.map(({ kind, mended }) => [kind, mended])).toEqual([
    ['missing-bytes', false],
    ['missing-bytes', false],
    ['orphan-object', false],
  ]);
  expect(await home.keys()).toEqual([orphan]);
  for (const record of records) await home.remove(record);
  expect(await home.examine({ fix: true })).toMatchObject([
    { mended: false, what: expect.stringContaining('there are no records at all') },
  ]);
  expect(await home.keys()).toEqual([orphan]);
});
