import { beforeEach, describe, expect, test } from 'vitest';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { bytesOf, contentOf, keysOf, propertiesOf, put } from '../../../test/support/stored-bytes.ts';
import type { ImageRecord } from '../../domain/image.ts';
import { newImageId } from '../../domain/image-id.ts';
import { imageObjectKey } from '../../domain/object-key.ts';
import { createSigner } from '../../domain/signing.ts';
import { createMemoryObjectStore } from '../../drivers/memory/memory-object-store.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { backUpHome, dropUnnamed } from './copy-snapshot.ts';

let source: ObjectStore;
let target: ObjectStore;
/** The records of the home, as they are at any moment. */
let records: ImageRecord[];
/** How often whatever was under way was waited for, and what comes to its end by that. */
let settled: number;
let underWay: () => void;

beforeEach(() => {
  [source, target] = [newStore(), newStore()];
  records = [];
  settled = 0;
  underWay = () => {};
});

function newStore(): ObjectStore {
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  return createMemoryObjectStore({ publicUrl: '', signer });
}

async function store(bytes: Buffer): Promise<ImageRecord> {
  const image_id = newImageId(Date.now());
  const { checksum_sha256 } = propertiesOf(bytes);
  const object_key = imageObjectKey('alice', image_id, 1);
  const record = sampleRecord({ image_id, checksum_sha256, object_key, size_bytes: bytes.length });
  await put(source, object_key, bytes);
  records.push(record);
  return record;
}

/** As a deletion goes: bytes first, then the record. */
async function remove(record: ImageRecord): Promise<void> {
  await source.delete(record.object_key);
  records = records.filter((other) => other !== record);
}

/** @param meanwhile done after the records of the round with that number have been taken, from 1. */
async function backUp(meanwhile: (round: number) => Promise<unknown> = async () => {}) {
  let round = 0;
  return backUpHome(
    {
      objects: source,
      async takeRecords() {
        const taken = [...records];
        await meanwhile(++round);
        return {
          async *walk() {
            yield* taken;
          },
        };
      },
      async settle() {
        settled++;
        underWay();
      },
    },
    target,
    { report: { progress() {} } },
  );
}

describe('a home that goes on while it is backed up', () => {
  test('that does nothing meanwhile is copied in one round', async () => {
    const [one, two] = [await store(bytesOf(100)), await store(bytesOf(200))];
    const done = await backUp();
    expect(done).toMatchObject({ images: 2, objects: 2, copied: 2, copiedBytes: 300, rounds: 1, lost: [] });
    expect(await keysOf(target)).toEqual([one.object_key, two.object_key].sort());
    expect(await contentOf(target, two.object_key)).toEqual(bytesOf(200));
  });

  test('what is uploaded after the records were taken is not part of it', async () => {
    const one = await store(bytesOf(100));
    const done = await backUp(() => store(bytesOf(50)));
    expect(done).toMatchObject({ images: 1, rounds: 1 });
    expect(await keysOf(target)).toEqual([one.object_key]);
  });

  test('what is deleted after the records were taken is not part of it either: they are taken again', async () => {
    const [kept, deleted] = [await store(bytesOf(100)), await store(bytesOf(200))];
    const done = await backUp(async (round) => round === 1 && remove(deleted));
    expect(done).toMatchObject({ images: 1, objects: 1, copied: 1, rounds: 2, lost: [] });
    expect([...done.keys]).toEqual([kept.object_key]);
    expect(settled).toBe(0);
  });

  test('of an image that is deleted once it is copied, record and bytes are those of the last round', async () => {
    const [late, early] = [await store(bytesOf(100)), await store(bytesOf(200))];
    const done = await backUp(async (round) => {
      if (round === 1) await remove(early);
      if (round === 2) await remove(late);
    });
    // The second round names it, and it was copied in the first: that is whole.
    expect(done).toMatchObject({ images: 1, rounds: 2, lost: [] });
    expect(await keysOf(target)).toEqual([late.object_key]);
    expect(await dropUnnamed(target, done.keys)).toBe(0);
  });

  test('a deletion that takes its time between bytes and record is waited for', async () => {
    const [kept, slow] = [await store(bytesOf(100)), await store(bytesOf(200))];
    await source.delete(slow.object_key);
    underWay = () => {
      records = [kept];
    };
    expect(await backUp()).toMatchObject({ images: 1, rounds: 3, lost: [] });
    expect(settled).toBe(1);
  });

  test('bytes that are lost or damaged at the source are named, and all else is copied', async () => {
    const [lost, damaged, whole] = [
      await store(bytesOf(100)),
      await store(bytesOf(200)),
      await store(bytesOf(300)),
    ];
    await source.delete(lost.object_key);
    await source.delete(damaged.object_key);
    await put(source, damaged.object_key, Buffer.alloc(200));
    const done = await backUp();
    expect(done).toMatchObject({
      rounds: 3,
      lost: [
        { image_id: lost.image_id, what: 'the bytes of version 1 are not there' },
        { image_id: damaged.image_id, what: 'the bytes of version 1 are damaged' },
      ],
    });
    expect(settled).toBe(1);
    expect(await keysOf(target)).toEqual([whole.object_key]);
  });

  test('what is deleted while round follows round is not waited for, only what stays missing is', async () => {
    const lost = await store(bytesOf(100));
    await source.delete(lost.object_key);
    let fleeting = await store(bytesOf(200));
    const done = await backUp(async (round) => {
      if (round > 8) return;
      await remove(fleeting);
      fleeting = await store(bytesOf(200));
    });
    expect(done).toMatchObject({ images: 2, lost: [{ image_id: lost.image_id }] });
    expect(settled).toBe(1);
  });

  test('one that deletes faster than it can be copied is not said to be backed up', async () => {
    await store(bytesOf(100));
    const backedUp = backUp(async () => {
      for (const record of records) await remove(record);
      await store(bytesOf(100));
    });
    await expect(backedUp).rejects.toThrow('faster than they can be copied');
  });
});
