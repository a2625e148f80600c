import { describe, expect, test } from 'vitest';
import { newImageId } from '../domain/image-id.ts';
import { imageObjectKey } from '../domain/object-key.ts';
import { KeptObjects } from './kept-objects.ts';
import { SendBuffers } from './send-buffers.ts';

const KEY = [1, 2, 3].map((version) => imageObjectKey('alice', newImageId(Date.now()), version)) as [
  string,
  string,
  string,
];

/** Keeps an object of so many bytes, each of which is `byte`. */
function keep(objects: KeptObjects, buffers: SendBuffers, key: string, byte: number, size = 50_000) {
  const buffer = buffers.take(size).fill(byte);
  const about = { size_bytes: size, etag: `"${byte}"`, last_modified: new Date(byte) };
  return { buffer, object: objects.keep(key, about, buffer) };
}

function opened(most?: number) {
  const buffers = new SendBuffers();
  return { buffers, objects: new KeptObjects(buffers, most) };
}

describe('objects that are kept', () => {
  test('are what they were, whole and in part', async () => {
    const { buffers, objects } = opened();
    const { object } = keep(objects, buffers, KEY[0], 7);
    expect(objects.get(KEY[0])).toBe(object);
    expect(objects.get(KEY[1])).toBeUndefined();
    expect(object).toMatchObject({ size_bytes: 50_000, etag: '"7"', last_modified: new Date(7) });
    expect(object.use(0, 50_000)).toHaveLength(50_000);
    expect([...object.use(10, 13)]).toEqual([7, 7, 7]);
    expect([...(await object.read(49_998, 50_000))]).toEqual([7, 7]);
    for await (const piece of object.stream(0, 2)) expect([...piece]).toEqual([7, 7]);
  });

  test('take up to so much memory, and those that were used last stay', () => {
    const { buffers, objects } = opened(2 * 65_536);
    keep(objects, buffers, KEY[0], 1);
    keep(objects, buffers, KEY[1], 2);
    expect(objects.kept).toBe(2 * 65_536);
    objects.get(KEY[0]);
    keep(objects, buffers, KEY[2], 3);
    expect(KEY.map((key) => objects.get(key)?.etag)).toEqual(['"1"', undefined, '"3"']);
    expect(objects.kept).toBe(2 * 65_536);
  });

  test('are worth it once they are sent for the second time, if they are small', () => {
    const { objects } = opened();
    const [small = '', large = ''] = KEY;
    expect([1, 2, 3].map(() => objects.isWorthKeeping(small, 262_144))).toEqual([false, true, true]);
    expect([1, 2, 3].map(() => objects.isWorthKeeping(large, 262_145))).toEqual([false, false, false]);
  });

  test('stay until they are sent, even one that alone is more than may be kept', () => {
    const { buffers, objects } = opened(1000);
    const first = keep(objects, buffers, KEY[0], 1);
    expect([...first.object.use(0, 1)]).toEqual([1]);
    const second = keep(objects, buffers, KEY[1], 2);
    expect(second.buffer).not.toBe(first.buffer);
    expect([...second.object.use(0, 1)]).toEqual([2]);
    expect(KEY.map((key) => objects.get(key)?.etag)).toEqual([undefined, '"2"', undefined]);
    expect(objects.kept).toBe(second.buffer.length);
  });

  test('give their memory back when they are not kept any more, but not while they are being sent', () => {
    const { buffers, objects } = opened();
    const { object, buffer } = keep(objects, buffers, KEY[0], 1);
    const sent = [object.use(0, 50_000), object.use(0, 50_000)];
    objects.forget(KEY[0]);
    expect(buffers.kept).toBe(0);
    object.release();
    expect(buffers.take(50_000)).not.toBe(buffer);
    expect(sent[1]?.every((byte) => byte === 1)).toBe(true);
    object.release();
    expect(buffers.kept).toBe(buffer.length);
    expect(buffers.take(50_000)).toBe(buffer);
  });

  test('give it back once, and what takes the place of one has memory of its own', () => {
    const { buffers, objects } = opened();
    const first = keep(objects, buffers, KEY[0], 1);
    const bytes = first.object.use(0, 3);
    const second = keep(objects, buffers, KEY[0], 2);
    expect(second.buffer).not.toBe(first.buffer);
    expect([...bytes]).toEqual([1, 1, 1]);
    first.object.release();
    objects.forget(KEY[0]);
    objects.forget(KEY[0]);
    expect(buffers.kept).toBe(first.buffer.length + second.buffer.length);
    expect(objects.kept).toBe(0);
  });
});
