import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { memoryDeps, NOTHING } from '../../../test/support/memory-deps.ts';
import { SMALL_IMAGES } from '../../../test/support/small-images.ts';
import { contentOf, newKey, propertiesOf } from '../../../test/support/stored-bytes.ts';
import { MEDIA_TYPES } from '../../domain/media-type.ts';
import type { Deps } from '../deps.ts';
import { receiveImage } from './receive-image.ts';

const PNG = SMALL_IMAGES['image/png'].bytes;

/** The pieces, and how many of them were asked for before the reader had enough. */
function sender(pieces: readonly Uint8Array[]) {
  const state = { sent: 0, closed: false };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces) {
        state.sent++;
        yield piece;
      }
    } finally {
      state.closed = true;
    }
  }
  return { state, bytes: bytes() };
}

function inPieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
}

/** Receives the pieces, commits them, and gives what is then stored with what was found out. */
async function received(deps: Deps, pieces: readonly Uint8Array[]) {
  const { draft, ...rest } = await receiveImage(deps, sender(pieces).bytes);
  const key = newKey();
  await draft.commit(key, propertiesOf(Buffer.of()));
  return { ...rest, content: await contentOf(deps.objects, key) };
}

describe.each(MEDIA_TYPES)('an image of type %s', (type) => {
  const { bytes, width, height } = SMALL_IMAGES[type];
  const padded = Buffer.concat([bytes, Buffer.alloc(5000, 7)]);

  test('is received alike, byte for byte, in pieces of any size', async () => {
    const { deps } = memoryDeps();
    for (const image of [bytes, padded]) {
      const checksum_sha256 = createHash('sha256').update(image).digest('hex');
      for (const size of [1, 2, 3, 7, 31, 32, 33, 100, 10_000]) {
        const { content, ...rest } = await received(deps, inPieces(image, size));
        expect(rest).toEqual({
          content_type: type,
          width,
          height,
          size_bytes: image.length,
          checksum_sha256,
        });
        expect(content?.equals(image)).toBe(true);
      }
    }
  });

  test('may be parted at any byte', async () => {
    const { deps } = memoryDeps();
    for (let at = 0; at <= bytes.length; at++) {
      const { content, content_type } = await received(deps, [bytes.subarray(0, at), bytes.subarray(at)]);
      expect(content_type).toBe(type);
      expect(content?.equals(bytes)).toBe(true);
    }
  });
});

describe('what is not accepted', () => {
  test('is never begun to be written, and read no further than needed', async () => {
    const { deps } = memoryDeps();
    const begin = () => Promise.reject(new Error('nothing is to be written'));
    const { state, bytes } = sender([Buffer.alloc(40, 'x'), Buffer.alloc(40, 'x'), Buffer.alloc(40, 'x')]);
    const receiving = receiveImage({ ...deps, objects: { ...deps.objects, begin } }, bytes);
    await expect(receiving).rejects.toMatchObject({ code: 'unsupported_media_type' });
    expect(state).toEqual({ sent: 1, closed: true });
  });

  test('is also an image with too many pixels, of a type that is switched off, or without a header', async () => {
    const { deps, stored } = memoryDeps();
    const receive = (limits: Partial<Deps['limits']>, pieces = [PNG]) =>
      receiveImage({ ...deps, limits: { ...deps.limits, ...limits } }, sender(pieces).bytes);
    await expect(receive({ maxPixels: 47 })).rejects.toMatchObject({ code: 'unprocessable_image' });
    await expect(receive({ acceptedTypes: new Set(['image/gif']) })).rejects.toMatchObject({
      code: 'unsupported_media_type',
    });
    await expect(receive({}, [PNG.subarray(0, 10), PNG.subarray(10, 20)])).rejects.toMatchObject({
      code: 'unprocessable_image',
    });
    await expect(receive({}, [])).rejects.toMatchObject({ code: 'unsupported_media_type' });
    expect(await stored()).toEqual(NOTHING);
  });
});

describe('the largest size', () => {
  test.each([1, 100, 10_000])('is enough for just so many bytes, in pieces of %i', async (size) => {
    const { deps, stored } = memoryDeps();
    const limits = { ...deps.limits, maxImageBytes: 3000, maxInlineBytes: 3000 };
    const image = Buffer.concat([PNG, Buffer.alloc(3001 - PNG.length)]);
    const { size_bytes } = await received({ ...deps, limits }, inPieces(image.subarray(0, 3000), size));
    expect(size_bytes).toBe(3000);
    const { state, bytes } = sender([...inPieces(image, size), Buffer.alloc(10), Buffer.alloc(10)]);
    await expect(receiveImage({ ...deps, limits }, bytes)).rejects.toMatchObject({
      code: 'payload_too_large',
      message: 'The image is larger than the limit of 3000 bytes.',
    });
    expect(state).toEqual({ sent: Math.ceil(3001 / size), closed: true });
    expect((await stored()).drafts).toBe(0);
  });

  test('of a request may be less than that of an image: then it says what takes larger ones', async () => {
    const { deps } = memoryDeps();
    const limits = { ...deps.limits, maxInlineBytes: 20 };
    await expect(receiveImage({ ...deps, limits }, sender([PNG]).bytes)).rejects.toMatchObject({
      message:
        'The image is larger than the limit of 20 bytes. Announce it at /images/uploads and send it to the store itself.',
    });
  });

  test('counts before the header is known too', async () => {
    const { deps, stored } = memoryDeps();
    const limits = { ...deps.limits, maxInlineBytes: 20 };
    const receiving = receiveImage({ ...deps, limits }, sender(inPieces(PNG, 5)).bytes);
    await expect(receiving).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(await stored()).toEqual(NOTHING);
  });
});

test('the work for a header that comes byte by byte stays in proportion to its bytes', async () => {
  const { deps } = memoryDeps();
  // A JPEG whose frame header comes only after 20 kB of metadata.
  const segment = Buffer.alloc(5_000);
  segment.set([0xff, 0xe1, (segment.length - 2) >> 8, (segment.length - 2) & 255]);
  const jpeg = SMALL_IMAGES['image/jpeg'].bytes;
  const image = Buffer.concat([jpeg.subarray(0, 2), segment, segment, segment, segment, jpeg.subarray(2)]);
  const concat = Buffer.concat;
  let joined = 0;
  Buffer.concat = (list, length) => {
    joined += length ?? 0;
    return concat(list, length);
  };
  try {
    const { draft, width } = await receiveImage(deps, sender(inPieces(image, 1)).bytes);
    expect(width).toBe(8);
    await draft.discard();
  } finally {
    Buffer.concat = concat;
  }
  expect(joined).toBeGreaterThan(0);
  expect(joined).toBeLessThan(3 * image.length);
});
