import { expect, test } from 'vitest';
import {
  arrive,
  arrivedAt,
  newUploadKey,
  type OpenedUploadStore,
  sendPut,
  uploadKeys,
} from '../support/direct-uploads.ts';
import { bytesOf, contentOf, MIB, newKey, propertiesOf, put } from '../support/stored-bytes.ts';

const ROUNDS = 25;

/** The part of the port's contract that turns an upload into an object. */
export function describeAccept(store: () => OpenedUploadStore): void {
  test.each([
    ['small', 1000],
    ['large', 2 * MIB],
  ])(
    'makes a %s upload the object, byte for byte, and the upload can be discarded after',
    async (_what, size) => {
      const { uploads, objects } = store();
      const [key, object] = [newUploadKey(), newKey()];
      const bytes = bytesOf(size);
      const etag = await arrive(store(), key, bytes);
      expect(await objects.open(object)).toBeUndefined();
      await uploads.accept(key, etag, object, propertiesOf(bytes));
      expect((await contentOf(objects, object))?.equals(bytes)).toBe(true);
      await uploads.discard(key);
      expect(await uploadKeys(uploads)).toEqual([]);
      expect((await contentOf(objects, object))?.equals(bytes)).toBe(true);
    },
  );

  test('the object stays what it is, whatever arrives under the upload after', async () => {
    const { uploads, objects } = store();
    const [key, object] = [newUploadKey(), newKey()];
    const bytes = bytesOf(3000, 1);
    await uploads.accept(key, await arrive(store(), key, bytes), object, propertiesOf(bytes));
    await arrive(store(), key, bytesOf(3000, 2));
    expect((await contentOf(objects, object))?.equals(bytes)).toBe(true);
    await uploads.discard(key);
    expect((await contentOf(objects, object))?.equals(bytes)).toBe(true);
  });

  test('refuses when other bytes of the same size have arrived since it was opened', async () => {
    const { uploads, objects } = store();
    const [key, object] = [newUploadKey(), newKey()];
    const [seen, swapped] = [bytesOf(5000, 1), bytesOf(5000, 2)];
    const etag = await arrive(store(), key, seen);
    const etagAfter = await arrive(store(), key, swapped);
    await expect(uploads.accept(key, etag, object, propertiesOf(seen))).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await objects.open(object)).toBeUndefined();
    expect((await arrivedAt(uploads, key))?.bytes.equals(swapped)).toBe(true);
    await uploads.accept(key, etagAfter, object, propertiesOf(swapped));
    expect((await contentOf(objects, object))?.equals(swapped)).toBe(true);
  });

  test('takes nothing else than what was looked at, when other bytes arrive in that very moment', async () => {
    const { uploads, objects } = store();
    const [seen, swapped] = [bytesOf(5000, 1), bytesOf(5000, 2)];
    for (let round = 0; round < ROUNDS; round++) {
      const [key, object] = [newUploadKey(), newKey()];
      const etag = await arrive(store(), key, seen);
      const [outcome, response] = await Promise.all([
        uploads.accept(key, etag, object, propertiesOf(seen)).then(
          () => 'accepted',
          (error: unknown) => (error as { code?: unknown }).code,
        ),
        sendPut(store(), key, swapped),
      ]);
      expect(response.status).toBe(200);
      expect(['accepted', 'conflict']).toContain(outcome);
      const content = await contentOf(objects, object);
      if (outcome === 'accepted') expect(content?.equals(seen)).toBe(true);
      else expect(content).toBeUndefined();
      expect((await arrivedAt(uploads, key))?.bytes.equals(swapped)).toBe(true);
    }
  });

  test('refuses when the upload is gone, and when there never was one', async () => {
    const { uploads, objects } = store();
    const [key, object] = [newUploadKey(), newKey()];
    const bytes = bytesOf(100);
    const etag = await arrive(store(), key, bytes);
    await uploads.discard(key);
    for (const gone of [key, newUploadKey('nobody')]) {
      await expect(uploads.accept(gone, etag, object, propertiesOf(bytes))).rejects.toMatchObject({
        code: 'conflict',
      });
    }
    expect(await objects.open(object)).toBeUndefined();
  });

  test.each(['"x"', '""', '', 'x', '"../../../index.db"', '"*"', '*'])(
    'refuses the entity tag %s, which it has never given',
    async (etag) => {
      const { uploads, objects } = store();
      const [key, object] = [newUploadKey(), newKey()];
      await arrive(store(), key, bytesOf(100));
      await expect(uploads.accept(key, etag, object, propertiesOf(bytesOf(100)))).rejects.toMatchObject({
        code: 'conflict',
      });
      expect(await objects.open(object)).toBeUndefined();
    },
  );

  test("refuses another upload's entity tag", async () => {
    const { uploads, objects } = store();
    const [key, other, object] = [newUploadKey(), newUploadKey('bob'), newKey()];
    await arrive(store(), key, bytesOf(100, 1));
    const etag = await arrive(store(), other, bytesOf(100, 2));
    await expect(uploads.accept(key, etag, object, propertiesOf(bytesOf(100, 1)))).rejects.toMatchObject({
      code: 'conflict',
    });
    expect(await objects.open(object)).toBeUndefined();
  });

  test('the same upload can be accepted twice, also at the same time', async () => {
    const { uploads, objects } = store();
    const [key, object] = [newUploadKey(), newKey()];
    const bytes = bytesOf(70_000);
    const etag = await arrive(store(), key, bytes);
    const accept = () => uploads.accept(key, etag, object, propertiesOf(bytes));
    await Promise.all([accept(), accept(), accept()]);
    await accept();
    expect((await contentOf(objects, object))?.equals(bytes)).toBe(true);
  });

  test('where an object with the same bytes lies already, it is fine', async () => {
    const { uploads, objects } = store();
    const [key, object] = [newUploadKey(), newKey()];
    const bytes = bytesOf(2 * MIB);
    await put(objects, object, bytes);
    await uploads.accept(key, await arrive(store(), key, bytes), object, propertiesOf(bytes));
    expect((await contentOf(objects, object))?.equals(bytes)).toBe(true);
  });

  test.each([
    ['the same size', 5000],
    ['another size', 5001],
  ])('where another object of %s lies, it is a conflict, and that object stays', async (_what, size) => {
    const { uploads, objects } = store();
    const [key, object] = [newUploadKey(), newKey()];
    const [bytes, others] = [bytesOf(5000, 1), bytesOf(size, 2)];
    await put(objects, object, others);
    const etag = await arrive(store(), key, bytes);
    await expect(uploads.accept(key, etag, object, propertiesOf(bytes))).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await contentOf(objects, object))?.equals(others)).toBe(true);
    expect((await arrivedAt(uploads, key))?.bytes.equals(bytes)).toBe(true);
  });

  test('of two uploads for one object one becomes it, whole', async () => {
    const { uploads, objects } = store();
    const object = newKey();
    const candidates = [bytesOf(9000, 1), bytesOf(9000, 2)];
    const accepts = candidates.map(async (bytes) => {
      const key = newUploadKey();
      const etag = await arrive(store(), key, bytes);
      return () => uploads.accept(key, etag, object, propertiesOf(bytes));
    });
    const ready = await Promise.all(accepts);
    const outcomes = await Promise.allSettled(ready.map((accept) => accept()));
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'conflict' },
    });
    expect((await contentOf(objects, object))?.equals(candidates[winner] ?? Buffer.of())).toBe(true);
  });
}
