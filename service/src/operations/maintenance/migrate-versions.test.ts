import { describe, expect, test } from 'vitest';
import {
  add,
  bytesAt,
  measured,
  migrated,
  put,
  type Side,
  side,
} from '../../../test/support/memory-migration.ts';
import { keysOf } from '../../../test/support/stored-bytes.ts';
import { currentVersionOf, type ImageRecord } from '../../domain/image.ts';
import { imageObjectKey, renditionObjectKey, strippedObjectKey } from '../../domain/object-key.ts';
import { presetFilesOf } from './image-objects.ts';

const PLACEHOLDER = { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' };

/** As background work leaves an image. */
const PROCESSED: Partial<ImageRecord> = {
  placeholder: PLACEHOLDER,
  presets: { format: 'webp', names: ['thumb', 'small'] },
  background_revision: 1,
  exif: { camera_make: 'FUJIFILM' },
};

/** Stores the presets that the record speaks of. */
async function putPresets({ objects }: Side, record: ImageRecord, content = 'preset'): Promise<void> {
  for (const { object_key, preset } of presetFilesOf(record)) {
    await put(objects, object_key, Buffer.from(`${content} ${preset}`));
  }
}

/** An image that has been processed, with its presets. */
async function addProcessed(to: Side, content: string, differing: Partial<ImageRecord> = {}) {
  const record = await add(to, content, { ...PROCESSED, ...differing });
  await putPresets(to, record);
  return record;
}

/** Gives an image other bytes, as replace-image does and background work goes on. */
async function replace(at: Side, record: ImageRecord, content: string): Promise<ImageRecord> {
  const version = record.version + 1;
  const next: ImageRecord = {
    ...record,
    ...PROCESSED,
    ...measured(content),
    version,
    revision: 1,
    background_revision: record.background_revision + 1,
    object_key: imageObjectKey(record.user_id, record.image_id, version),
    former_versions: [currentVersionOf(record), ...record.former_versions],
  };
  await put(at.objects, next.object_key, Buffer.from(content));
  await putPresets(at, next, content);
  await at.index.replace(record, next);
  for (const { object_key } of presetFilesOf(record)) await at.objects.delete(object_key);
  return next;
}

/** Makes the bytes of the last version before the current one current again. */
async function restore(at: Side, record: ImageRecord): Promise<ImageRecord> {
  const [former] = record.former_versions;
  if (!former) throw new Error('There is no former version.');
  const next: ImageRecord = {
    ...record,
    ...former,
    version: record.version + 1,
    presets: null,
    placeholder: null,
    former_versions: [currentVersionOf(record), ...record.former_versions],
  };
  await at.index.replace(record, next);
  for (const { object_key } of presetFilesOf(record)) await at.objects.delete(object_key);
  return next;
}

const processing = ({ image_id, version }: ImageRecord) => ({ kind: 'process-image', image_id, version });

describe('former versions', () => {
  test('come over with their bytes, and are counted on both sides', async () => {
    const [source, target] = [side(), side()];
    const record = await replace(source, await replace(source, await add(source, 'one'), 'second'), 'third');
    const { summary } = await migrated(source, target);
    expect(summary).toMatchObject({ copied: 1, problems: 0, complete: true });
    const held = { images: 1, objects: 3, bytes: 14, strays: 0 };
    expect([summary.source, summary.target]).toEqual([held, held]);
    expect(await target.index.get(record.image_id)).toStrictEqual(record);
    const keys = [record, ...record.former_versions].map(({ object_key }) => object_key);
    expect(await Promise.all(keys.map((key) => bytesAt(target, key)))).toEqual(['third', 'second', 'one']);
    expect((await migrated(source, target)).summary).toMatchObject({
      copied: 0,
      alreadyThere: 1,
      complete: true,
    });
  });

  test('that were restored have one object, which is counted once', async () => {
    const [source, target] = [side(), side()];
    const record = await restore(source, await replace(source, await add(source, 'one'), 'second'));
    const { summary } = await migrated(source, target);
    expect(summary).toMatchObject({
      complete: true,
      source: { objects: 2, bytes: 9 },
      target: { objects: 2 },
    });
    expect(await target.index.get(record.image_id)).toStrictEqual(record);
  });

  test.each([
    ['has lost its bytes', undefined, /a record at the source, but no bytes of its version 1$/],
    ['has other bytes', 'xxx', /bytes of its version 1 at the source that are not those of/],
  ])('one of which %s is named, and keeps the image from nothing', async (_what, content, message) => {
    const [source, target] = [side(), side()];
    const record = await replace(source, await add(source, 'one'), 'second');
    const key = record.former_versions[0]?.object_key ?? '';
    await source.objects.delete(key);
    if (content !== undefined) await put(source.objects, key, Buffer.from(content));
    const { summary, problems } = await migrated(source, target);
    expect(problems).toEqual([{ image_id: record.image_id, message: expect.stringMatching(message) }]);
    expect(summary).toMatchObject({ copied: 1, problems: 1, complete: false });
    expect(await target.index.get(record.image_id)).toStrictEqual(record);
    expect(await bytesAt(target, record.object_key)).toBe('second');
    expect(await bytesAt(target, key)).toBeUndefined();
  });

  test('that are dropped while the image is looked at are no problem', async () => {
    const [source, target] = [side(), side()];
    const record = await replace(source, await add(source, 'one'), 'second');
    const dropped = { ...record, revision: 2, former_versions: [] };
    const objects = {
      ...source.objects,
      async open(key: string) {
        if (key !== record.former_versions[0]?.object_key) return source.objects.open(key);
        await source.index.replace(record, dropped);
        await source.objects.delete(key);
        return undefined;
      },
    };
    const { summary, problems } = await migrated({ ...source, objects }, target);
    expect(problems).toEqual([]);
    expect(summary).toMatchObject({ complete: true });
    expect(await target.index.get(record.image_id)).toStrictEqual(dropped);
  });

  test('that the source has dropped since go at the target, and so do presets of the version before', async () => {
    const [source, target] = [side(), side()];
    const first = await addProcessed(source, 'one');
    await migrated(source, target);
    const onDemand = renditionObjectKey(first.user_id, first.image_id, 1, 'w10-h10-inside-q80.webp');
    await put(target.objects, onDemand, Buffer.from('x'));
    const second = await replace(source, first, 'second');
    const alone = { ...second, former_versions: [], revision: 2 };
    await source.index.replace(second, alone);
    await source.objects.delete(first.object_key);
    expect((await migrated(source, target)).summary).toMatchObject({ copied: 1, complete: true });
    expect(await keysOf(target.objects)).toEqual(await keysOf(source.objects));
    expect(await bytesAt(target, presetFilesOf(alone)[0]?.object_key ?? '')).toBe('second thumb');
  });
});

describe('presets', () => {
  test('come over with the record that speaks of them; other renditions do not, and are no strays', async () => {
    const [source, target] = [side(), side()];
    const record = await addProcessed(source, 'one');
    const onDemand = renditionObjectKey(record.user_id, record.image_id, 1, 'w10-h10-inside-q80.webp');
    await put(source.objects, onDemand, Buffer.from('x'));
    const { summary } = await migrated(source, target);
    expect(summary).toMatchObject({
      complete: true,
      source: { objects: 1, strays: 0 },
      target: { strays: 0 },
    });
    const presets = presetFilesOf(record).map(({ object_key }) => object_key);
    expect(presets).toHaveLength(2);
    expect(await keysOf(target.objects)).toEqual([...presets, record.object_key].sort());
    expect(await Promise.all(presets.map((key) => bytesAt(target, key)))).toEqual([
      'preset thumb',
      'preset small',
    ]);
    expect(await target.index.get(record.image_id)).toStrictEqual(record);
  });

  test('that the target has lost, or has cut short, are copied again, and the others are not', async () => {
    const [source, target] = [side(), side()];
    const record = await addProcessed(source, 'one');
    await migrated(source, target);
    const [thumb = '', small = ''] = presetFilesOf(record).map(({ object_key }) => object_key);
    await target.objects.delete(thumb);
    expect((await migrated(source, target)).summary).toMatchObject({ copied: 1, copiedBytes: 12 });
    await target.objects.delete(small);
    await put(target.objects, small, Buffer.from('cut'));
    expect((await migrated(source, target)).summary).toMatchObject({ copied: 1, copiedBytes: 12 });
    expect(await bytesAt(target, small)).toBe('preset small');
    expect((await migrated(source, target)).summary).toMatchObject({ copied: 0, alreadyThere: 1 });
  });

  test('that the source has lost are named, and keep the image from nothing', async () => {
    const [source, target] = [side(), side()];
    const record = await addProcessed(source, 'one');
    await source.objects.delete(presetFilesOf(record)[1]?.object_key ?? '');
    const { summary, problems } = await migrated(source, target);
    expect(problems).toEqual([
      { image_id: record.image_id, message: 'has a record at the source, but no preset small' },
    ]);
    expect(summary).toMatchObject({ copied: 1, complete: false });
    expect(await bytesAt(target, record.object_key)).toBe('one');
  });
});

describe('an image that is not processed yet', () => {
  test.each([
    ['is ready', { status: 'ready' }, true],
    ['waits for its scanner', { status: 'scanning', rejection_reason: 'scanner_unavailable' }, true],
    ['has been processed', PROCESSED, false],
    ['has been rejected', { status: 'rejected', rejection_reason: 'undecodable' }, false],
    [
      'lies in the trash, from where it gets its job itself',
      { deleted_at: '2026-06-01T00:00:00.000Z' },
      false,
    ],
    ['has not been uploaded yet', { status: 'pending' }, false],
  ] as const)('gets its job with its record if it %s: %j %s', async (_what, differing, gets) => {
    const [source, target] = [side(), side()];
    const record = await add(source, 'one', differing);
    await putPresets(source, record);
    expect((await migrated(source, target)).summary).toMatchObject({ copied: 1, complete: true });
    expect(target.jobs).toEqual(gets ? [processing(record)] : []);
    await migrated(source, target);
    expect(target.jobs).toHaveLength(gets ? 1 : 0);
  });

  test('gets a job for the version that it has come to', async () => {
    const [source, target] = [side(), side()];
    const first = await addProcessed(source, 'one');
    await migrated(source, target);
    const second = { ...(await replace(source, first, 'second')), revision: 2 };
    const waiting = { ...second, placeholder: null, presets: null };
    await source.index.replace({ ...second, revision: 1 }, waiting);
    await migrated(source, target);
    expect(target.jobs).toEqual([processing(waiting)]);
  });

  test('and has been at the target meanwhile is not set back', async () => {
    const [source, target] = [side(), side()];
    const record = await add(source, 'one');
    await migrated(source, target);
    const done = { ...record, ...PROCESSED };
    await putPresets(target, done);
    await target.index.replace(record, done);
    const { summary } = await migrated(source, target);
    expect(summary).toMatchObject({ copied: 0, alreadyThere: 1, complete: true });
    expect(await target.index.get(record.image_id)).toStrictEqual(done);
    expect(target.jobs).toHaveLength(1);
    // Whatever callers change at the source follows all the same.
    const renamed = { ...record, title: 'new', revision: 2 };
    await source.index.replace(record, renamed);
    await migrated(source, target);
    expect(await target.index.get(record.image_id)).toStrictEqual(renamed);
    expect(target.jobs).toHaveLength(2);
  });
});

test('an original that the target has rewritten meanwhile is not set back, nor copied again', async () => {
  const [source, target] = [side(), side()];
  const record = await add(source, 'one and where', { status: 'scanning' });
  await migrated(source, target);
  const { checksum_sha256 } = measured('one          ');
  const object_key = strippedObjectKey(
    record.object_key,
    record.checksum_sha256 ?? '',
    checksum_sha256 ?? '',
  );
  const done: ImageRecord = { ...record, ...PROCESSED, status: 'ready', object_key, checksum_sha256 };
  await putPresets(target, done);
  await put(target.objects, object_key, Buffer.from('one          '));
  await target.index.replace(record, done);
  await target.objects.delete(record.object_key);
  const { summary } = await migrated(source, target);
  expect(summary).toMatchObject({ copied: 0, alreadyThere: 1, problems: 0 });
  expect(await target.index.get(record.image_id)).toStrictEqual(done);
  expect(await bytesAt(target, record.object_key)).toBeUndefined();
  expect(target.jobs).toHaveLength(1);
});

test('an original that the source has rewritten comes over as that, and the former goes', async () => {
  const [source, target] = [side(), side()];
  const record = await add(source, 'one and where', { status: 'scanning' });
  await migrated(source, target);
  const rewritten = measured('one          ');
  const key = strippedObjectKey(
    record.object_key,
    record.checksum_sha256 ?? '',
    rewritten.checksum_sha256 ?? '',
  );
  const done: ImageRecord = { ...record, ...PROCESSED, ...rewritten, status: 'ready', object_key: key };
  await putPresets(source, done);
  await put(source.objects, key, Buffer.from('one          '));
  await source.index.replace(record, done);
  expect((await migrated(source, target)).summary).toMatchObject({ copied: 1, complete: true });
  expect(await target.index.get(record.image_id)).toStrictEqual(done);
  expect(await bytesAt(target, key)).toBe('one          ');
  expect(await bytesAt(target, record.object_key)).toBeUndefined();
});

test('what the source has deleted goes from the target with all of its versions and renditions', async () => {
  const [source, target] = [side(), side()];
  const stays = await addProcessed(source, 'stays');
  const gone = await replace(source, await addProcessed(source, 'one'), 'second');
  await migrated(source, target);
  await put(
    target.objects,
    renditionObjectKey(gone.user_id, gone.image_id, 2, 'w10-h10-inside-q80.webp'),
    Buffer.from('x'),
  );
  await source.index.remove(gone);
  const { summary } = await migrated(source, target, { deleteGone: true });
  expect(summary).toMatchObject({ deleted: 1 });
  const left = [stays, ...presetFilesOf(stays)].map(({ object_key }) => object_key);
  expect(await keysOf(target.objects)).toEqual(left.sort());
});

test('there and back again all is as it was', async () => {
  const [here, there, back] = [side(), side(), side()];
  const records = [
    await addProcessed(here, 'one'),
    await replace(here, await addProcessed(here, 'two', { background_revision: 7 }), 'second'),
    await restore(here, await replace(here, await add(here, 'three'), 'other')),
    await addProcessed(here, 'four', { deleted_at: '2026-06-01T00:00:00.000Z' }),
    await add(here, 'five', { status: 'scanning' }),
  ];
  expect((await migrated(here, there)).summary).toMatchObject({ complete: true });
  expect((await migrated(there, back)).summary).toMatchObject({ complete: true });
  for (const record of records) expect(await back.index.get(record.image_id)).toStrictEqual(record);
  const keys = await keysOf(here.objects);
  expect(await keysOf(back.objects)).toEqual(keys);
  for (const key of keys) expect(await bytesAt(back, key)).toBe(await bytesAt(here, key));
});
