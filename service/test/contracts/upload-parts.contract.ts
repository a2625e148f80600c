import { expect, test } from 'vitest';
import type { ArrivedPart } from '../../src/ports/upload-store.ts';
import {
  arrivedAt,
  expectRefused,
  inSeconds,
  newUploadKey,
  type OpenedUploadStore,
  sendPart,
  uploadKeys,
} from '../support/direct-uploads.ts';
import { bytesOf, contentOf, MIB, newKey, propertiesOf } from '../support/stored-bytes.ts';

/** S3 joins no smaller parts, but for the last. */
const PART = 5 * MIB;

/** The part of the port's contract for uploads in parts. */
export function describeParts(store: () => OpenedUploadStore): void {
  const begin = async (user?: string) => {
    const key = newUploadKey(user);
    return { key, parts_id: await store().uploads.beginParts(key, 'image/jpeg') };
  };
  type Begun = Awaited<ReturnType<typeof begin>>;
  const send = async (begun: Begun, number: number, bytes: Buffer) =>
    expect((await sendPart(store(), { ...begun, number }, bytes)).status).toBe(200);
  const listed = ({ key, parts_id }: Begun) => store().uploads.listParts(key, parts_id);
  const join = ({ key, parts_id }: Begun, parts: readonly ArrivedPart[]) =>
    store().uploads.joinParts(key, parts_id, parts);

  test('that arrive out of order, some of them again, are joined in the order of their numbers', async () => {
    const begun = await begin();
    const pieces = [bytesOf(PART, 1), bytesOf(PART, 2), bytesOf(1234, 3)];
    await send(begun, 3, pieces[2] ?? Buffer.of());
    await send(begun, 2, bytesOf(PART, 9));
    await send(begun, 1, pieces[0] ?? Buffer.of());
    await send(begun, 2, pieces[1] ?? Buffer.of());
    const parts = (await listed(begun)) ?? [];
    expect(parts.map(({ number, size_bytes }) => [number, size_bytes])).toEqual([
      [1, PART],
      [2, PART],
      [3, 1234],
    ]);
    expect(await uploadKeys(store().uploads)).toEqual([]);
    await join(begun, [...parts].reverse());
    const arrived = await arrivedAt(store().uploads, begun.key);
    expect(arrived?.bytes.equals(Buffer.concat(pieces))).toBe(true);
    expect(await uploadKeys(store().uploads)).toEqual([begun.key]);
    expect(await listed(begun)).toBeUndefined();
  });

  test('joined become an object as any other upload does', async () => {
    const begun = await begin('..');
    const bytes = bytesOf(40_000);
    await send(begun, 1, bytes);
    await join(begun, (await listed(begun)) ?? []);
    const object = newKey();
    const { etag = '' } = (await arrivedAt(store().uploads, begun.key)) ?? {};
    await store().uploads.accept(begun.key, etag, object, propertiesOf(bytes));
    expect((await contentOf(store().objects, object))?.equals(bytes)).toBe(true);
  });

  test('are listed as they arrive, and an upload that has none yet has none', async () => {
    const begun = await begin();
    expect(await listed(begun)).toEqual([]);
    await send(begun, 7, bytesOf(500));
    const first = await listed(begun);
    expect(first).toMatchObject([{ number: 7, size_bytes: 500 }]);
    await send(begun, 7, bytesOf(600, 1));
    const second = await listed(begun);
    expect(second).toMatchObject([{ number: 7, size_bytes: 600 }]);
    expect(second?.[0]?.etag).not.toBe(first?.[0]?.etag);
  });

  test('of many numbers are listed in their order', async () => {
    const begun = await begin();
    const numbers = [10, 9, 100, 1, 11, 2];
    for (const number of numbers) await send(begun, number, bytesOf(number));
    expect((await listed(begun))?.map(({ number }) => number)).toEqual([1, 2, 9, 10, 11, 100]);
  });

  test.each([
    ['too large', 1001],
    ['too small', 999],
    ['empty', 0],
  ])('%s are refused and change nothing', async (_what, size) => {
    const begun = await begin();
    const part = { number: 1, size_bytes: 1000, expires_at: inSeconds(600) };
    const url = await store().uploads.presignPart(begun.key, begun.parts_id, part);
    const sent = { method: 'PUT', headers: {}, body: bytesOf(size) } as const;
    expectRefused(await store().send(url, sent));
    expect(await listed(begun)).toEqual([]);
    await send(begun, 1, bytesOf(1000, 4));
    const before = await listed(begun);
    expectRefused(await store().send(url, sent));
    expect(await listed(begun)).toEqual(before);
  });

  test('come by fresh URLs when the old ones have expired', async () => {
    const begun = await begin();
    const bytes = bytesOf(1000);
    const request = { method: 'PUT', headers: {}, body: bytes } as const;
    const part = { number: 1, size_bytes: 1000 };
    const { key, parts_id } = begun;
    const old = await store().uploads.presignPart(key, parts_id, { ...part, expires_at: inSeconds(-5) });
    expectRefused(await store().send(old, request));
    expect(await listed(begun)).toEqual([]);
    const fresh = await store().uploads.presignPart(key, parts_id, { ...part, expires_at: inSeconds(600) });
    expect((await store().send(fresh, request)).status).toBe(200);
    expect(await listed(begun)).toHaveLength(1);
  });

  test('are refused where the URL is for another number, key or upload', async () => {
    const [begun, other] = [await begin(), await begin()];
    const part = { number: 1, size_bytes: 1000, expires_at: inSeconds(600) };
    const url = await store().uploads.presignPart(begun.key, begun.parts_id, part);
    const request = { method: 'PUT', headers: {}, body: bytesOf(1000) } as const;
    const forgeries = [
      url.replace(encodeURIComponent(begun.parts_id), encodeURIComponent(other.parts_id)),
      url.replace(/(number=)1\b/i, '$12'),
      url.replace(begun.key, other.key),
      `${url}1`,
    ];
    for (const forged of forgeries) {
      expect(forged).not.toBe(url);
      expectRefused(await store().send(forged, request));
    }
    expect([await listed(begun), await listed(other)]).toEqual([[], []]);
  });

  test('of an upload that is not there are undefined, whosever it is', async () => {
    const [begun, other] = [await begin(), await begin('bob')];
    expect(await listed({ ...begun, key: other.key })).toBeUndefined();
    for (const parts_id of ['', '..', '../..', 'x', '/', '%2e%2e', begun.parts_id.slice(0, -1)]) {
      expect(await listed({ ...begun, parts_id })).toBeUndefined();
    }
    expect(await listed(begun)).toEqual([]);
  });

  test('that are not as they were listed are not joined: conflict', async () => {
    const begun = await begin();
    await send(begun, 1, bytesOf(1000, 1));
    const before = (await listed(begun)) ?? [];
    await send(begun, 1, bytesOf(1000, 2));
    await expect(join(begun, before)).rejects.toMatchObject({ code: 'conflict' });
    const [one] = (await listed(begun)) ?? [];
    const missing = { number: 2, size_bytes: 1000, etag: one?.etag ?? '' };
    await expect(join(begun, one ? [one, missing] : [])).rejects.toMatchObject({ code: 'conflict' });
    expect(await arrivedAt(store().uploads, begun.key)).toBeUndefined();
    await join(begun, (await listed(begun)) ?? []);
    expect((await arrivedAt(store().uploads, begun.key))?.bytes.equals(bytesOf(1000, 2))).toBe(true);
  });

  test('that have been discarded are gone, and so is their upload; discarding again is fine', async () => {
    const [begun, kept] = [await begin(), await begin()];
    await send(begun, 1, bytesOf(1000));
    await send(kept, 1, bytesOf(1000));
    const parts = (await listed(begun)) ?? [];
    await store().uploads.discardParts(begun.key, begun.parts_id);
    expect(await listed(begun)).toBeUndefined();
    expectRefused(await sendPart(store(), { ...begun, number: 1 }, bytesOf(1000)));
    expect(await listed(begun)).toBeUndefined();
    await expect(join(begun, parts)).rejects.toMatchObject({ code: 'conflict' });
    await store().uploads.discardParts(begun.key, begun.parts_id);
    await store().uploads.discardParts(newUploadKey('nobody'), begun.parts_id);
    expect(await listed(kept)).toHaveLength(1);
    expect(await uploadKeys(store().uploads)).toEqual([]);
  });

  test('of two uploads for one key do not get into each other', async () => {
    const begun = await begin();
    const second = { key: begun.key, parts_id: await store().uploads.beginParts(begun.key, 'image/jpeg') };
    expect(second.parts_id).not.toBe(begun.parts_id);
    await send(begun, 1, bytesOf(1000, 1));
    await send(second, 1, bytesOf(2000, 2));
    await join(second, (await listed(second)) ?? []);
    expect((await arrivedAt(store().uploads, begun.key))?.bytes.equals(bytesOf(2000, 2))).toBe(true);
    expect(await listed(begun)).toMatchObject([{ number: 1, size_bytes: 1000 }]);
  });
}
