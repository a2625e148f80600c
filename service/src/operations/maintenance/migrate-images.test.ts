import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { add, bytesAt, migrated, put, side } from '../../../test/support/memory-migration.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

test('records and bytes come over as they are, and a second run finds nothing to do', async () => {
  const [source, target] = [side(), side()];
  const records = [
    await add(source, 'one'),
    await add(source, 'two', { version: 3, revision: 7, tags: [] }),
    await add(source, 'three', { deleted_at: '2026-06-01T00:00:00.000Z' }),
  ];
  const { summary } = await migrated(source, target);
  expect(summary).toMatchObject({ copied: 3, copiedBytes: 11, alreadyThere: 0, complete: true });
  expect(summary.target).toEqual({ images: 3, objects: 3, bytes: 11, strays: 0 });
  for (const record of records) expect(await target.index.get(record.image_id)).toStrictEqual(record);
  expect(await bytesAt(target, records[1]?.object_key ?? '')).toBe('two');
  expect((await migrated(source, target)).summary).toMatchObject({
    copied: 0,
    alreadyThere: 3,
    complete: true,
  });
});

test('a record whose bytes have not come yet comes over without them', async () => {
  const [source, target] = [side(), side()];
  const pending = sampleRecord({ status: 'pending' });
  await source.index.insert(pending);
  expect((await migrated(source, target)).summary).toMatchObject({ copied: 1, complete: true });
  expect(await target.index.get(pending.image_id)).toStrictEqual(pending);
});

test('bytes that are not those of the SHA-256 are left out, and named', async () => {
  const [source, target] = [side(), side()];
  const damaged = await add(source, 'one', { checksum_sha256: '00'.repeat(32) });
  await add(source, 'two');
  const { summary, problems } = await migrated(source, target);
  expect(problems).toEqual([
    { image_id: damaged.image_id, message: expect.stringContaining("not those of its record's SHA-256") },
  ]);
  expect(summary).toMatchObject({ copied: 1, problems: 1, complete: false });
  expect(await target.index.get(damaged.image_id)).toBeUndefined();
  expect(await bytesAt(target, damaged.object_key)).toBeUndefined();
});

test('a record without bytes is left out, and named', async () => {
  const [source, target] = [side(), side()];
  const record = await add(source, 'one');
  await source.objects.delete(record.object_key);
  const { summary, problems } = await migrated(source, target);
  expect(problems).toEqual([{ image_id: record.image_id, message: expect.stringContaining('no bytes') }]);
  expect(summary).toMatchObject({ copied: 0, complete: false });
});

test('an image that is deleted while it is looked at is no problem', async () => {
  const [source, target] = [side(), side()];
  const record = await add(source, 'one');
  const deletedNow: ObjectStore = {
    ...source.objects,
    async open(key) {
      await source.index.remove(record);
      await source.objects.delete(key);
      return undefined;
    },
  };
  const { summary, problems } = await migrated({ ...source, objects: deletedNow }, target);
  expect(problems).toEqual([]);
  expect(summary).toMatchObject({ copied: 0, alreadyThere: 0, complete: true });
});

test.each([
  ['half of the bytes', 'on', 3],
  ['as many other bytes', 'xyz', 3],
  ['the bytes', 'one', 0],
])('%s that a cut-off run has left without a record end as the whole ones', async (_case, left, bytes) => {
  const [source, target] = [side(), side()];
  const record = await add(source, 'one');
  await put(target.objects, record.object_key, Buffer.from(left));
  const { summary } = await migrated(source, target);
  expect(summary).toMatchObject({ copied: 1, copiedBytes: bytes, complete: true });
  expect(await bytesAt(target, record.object_key)).toBe('one');
});

test('bytes that the target has lost are copied again', async () => {
  const [source, target] = [side(), side()];
  const record = await add(source, 'one');
  await migrated(source, target);
  await target.objects.delete(record.object_key);
  expect((await migrated(source, target)).summary).toMatchObject({
    copied: 1,
    copiedBytes: 3,
    complete: true,
  });
  expect(await bytesAt(target, record.object_key)).toBe('one');
});

test('changes since the last run follow: of the record alone, and of the bytes', async () => {
  const [source, target] = [side(), side()];
  const [renamed, replaced] = [await add(source, 'one'), await add(source, 'two')];
  await migrated(source, target);
  const newName = { ...renamed, title: 'new', revision: 2 };
  await source.index.replace(renamed, newName);
  const checksum_sha256 = createHash('sha256').update('three').digest('hex');
  const object_key = `${replaced.object_key}.v2`;
  await put(source.objects, object_key, Buffer.from('three'));
  const newBytes = { ...replaced, version: 2, object_key, checksum_sha256, size_bytes: 5 };
  await source.index.replace(replaced, newBytes);
  await source.objects.delete(replaced.object_key);
  const { summary } = await migrated(source, target);
  expect(summary).toMatchObject({ copied: 2, copiedBytes: 5, complete: true });
  expect(await target.index.get(renamed.image_id)).toStrictEqual(newName);
  expect(await target.index.get(replaced.image_id)).toStrictEqual(newBytes);
  expect(await bytesAt(target, replaced.object_key)).toBeUndefined();
});

test('an image that was changed at the target is not set back', async () => {
  const [source, target] = [side(), side()];
  const record = await add(source, 'one');
  await migrated(source, target);
  const changed = { ...record, title: 'changed there', revision: 2 };
  await target.index.replace(record, changed);
  const { summary, problems } = await migrated(source, target);
  expect(problems).toEqual([{ image_id: record.image_id, message: expect.stringContaining('newer') }]);
  expect(summary.complete).toBe(false);
  expect(await target.index.get(record.image_id)).toStrictEqual(changed);
});

test('what the source no longer has stays at the target, is counted, and goes when that is wanted', async () => {
  const [source, target] = [side(), side()];
  const [gone] = [await add(source, 'one'), await add(source, 'two')];
  await migrated(source, target);
  await source.objects.delete(gone.object_key);
  await source.index.remove(gone);
  expect((await migrated(source, target)).summary).toMatchObject({
    onlyAtTarget: 1,
    deleted: 0,
    complete: false,
  });
  expect(await bytesAt(target, gone.object_key)).toBe('one');
  const { summary } = await migrated(source, target, { deleteGone: true });
  expect(summary).toMatchObject({ onlyAtTarget: 0, deleted: 1, complete: true });
  expect(await target.index.get(gone.image_id)).toBeUndefined();
  expect(await bytesAt(target, gone.object_key)).toBeUndefined();
});

test('an empty source empties no target', async () => {
  const [source, target] = [side(), side()];
  const record = await add(target, 'one');
  await expect(migrated(source, target, { deleteGone: true })).rejects.toThrow(/holds no images at all/);
  expect(await bytesAt(target, record.object_key)).toBe('one');
  expect(await target.index.get(record.image_id)).toStrictEqual(record);
});

test('a store that fails ends the run, and the next one goes on from there', async () => {
  const [source, target] = [side(), side()];
  for (let n = 0; n < 20; n++) await add(source, `image ${n}`);
  let inserts = 0;
  const failing = {
    ...target.index,
    async insert(record: ImageRecord) {
      if (++inserts > 8) throw unavailable('The image index cannot do this now.', new Error('down'));
      await target.index.insert(record);
    },
  };
  await expect(migrated(source, { ...target, index: failing })).rejects.toMatchObject({
    code: 'unavailable',
  });
  // Nothing more is begun: the two others that were under way are the last.
  expect(inserts).toBeLessThanOrEqual(11);
  const { summary } = await migrated(source, target);
  expect(summary).toMatchObject({ copied: 12, alreadyThere: 8, complete: true });
});

test('objects of no image are not carried over, and do not make the sides differ', async () => {
  const [source, target] = [side(), side()];
  await add(source, 'one');
  await put(source.objects, 'alice/left-over', Buffer.from('x'));
  const { summary } = await migrated(source, target);
  expect(summary).toMatchObject({ complete: true, source: { strays: 1 }, target: { strays: 0 } });
});
