import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../src/domain/caller.ts';
import { sniffType } from '../../src/domain/image-header.ts';
import { isImageId } from '../../src/domain/image-id.ts';
import { withoutLocation } from '../../src/domain/location/without-location.ts';
import { MEDIA_TYPES, type MediaType } from '../../src/domain/media-type.ts';
import { doJob } from '../../src/operations/background/do-job.ts';
import { uploadImage } from '../../src/operations/upload-image.ts';
import { complete, sendUpload, startUpload } from '../support/announced-uploads.ts';
import { expectImage, expectProblem, type Image } from '../support/answers.ts';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { bytesAt, idsIn, post, processing, remove, replace, usage, viewed } from '../support/image-calls.ts';
import { pieces } from '../support/image-inputs.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { expectSameWithoutPlace, placedImage, placeIn } from '../support/placed-images.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { keysOf } from '../support/stored-bytes.ts';
import { newPng, postRaw, upload, uploadCall } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const placed = new Map<MediaType, Buffer>();
beforeAll(async () => {
  for (const type of MEDIA_TYPES) placed.set(type, await placedImage(type));
});

function placedOf(type: MediaType): Buffer {
  const bytes = placed.get(type);
  if (!bytes) throw new Error('It has not been made yet.');
  return bytes;
}

async function recordOf({ context }: Home, image_id: string) {
  const record = isImageId(image_id) ? await context.deps.index.get(image_id) : undefined;
  if (!record) throw new Error('The image has no record.');
  return record;
}

/** Its owner sees it; nobody gets its bytes, or finds it in a list. */
async function expectUnserved(home: Home, { image_id, user_id }: Image, status = 'scanning'): Promise<void> {
  expect(await viewed(home, image_id)).toMatchObject({ status, url: null, renditions: {} });
  await expectProblem(await home.request(`/images/${image_id}/content`), 'not_ready');
  expect(await idsIn(home, `user_id=${user_id}`)).not.toContain(image_id);
}

/** What is served is the same picture as what was sent, without a place, and what the record says of it. */
async function expectServed(home: Home, image_id: string, sent: Buffer): Promise<Image> {
  const image = await viewed(home, image_id);
  expect(image).toMatchObject({ status: 'ready', rejection_reason: null, size_bytes: sent.length });
  const served = await bytesAt(home, image.url);
  await expectSameWithoutPlace(sent, served);
  expect(image.checksum_sha256).toBe(sha256(served));
  expect(image.checksum_sha256).not.toBe(sha256(sent));
  expect(await idsIn(home, `user_id=${image.user_id}`)).toContain(image_id);
  return image;
}

describe.each(DIVIDED_HOMES)('an original that says where it was taken (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ stripGps: true, trashDays: 1 }) });
  const telling = useHome(kind, { config: processing({ stripGps: true, keepGps: true }) });

  it.each(MEDIA_TYPES)('%s is served without that, and not before', async (type) => {
    const sent = placedOf(type);
    const image = await upload(home, { user_id: 'alice' }, sent);
    expect(image).toMatchObject({ status: 'scanning', url: null, checksum_sha256: sha256(sent) });
    await expectUnserved(home, image);
    await home.workOff();
    const { exif, renditions } = await expectServed(home, image.image_id, sent);
    expect(Object.keys(renditions)).toEqual(['thumb', 'small']);
    const { gps, camera_make } = exif ?? {};
    expect([camera_make, gps]).toEqual([type === 'image/gif' ? undefined : 'Example', undefined]);
  });

  it('leaves its former bytes to a job, and takes no other room', async () => {
    const sent = placedOf('image/jpeg');
    const { image_id } = await upload(home, { user_id: 'bob' }, sent);
    const { object_key: before } = await recordOf(home, image_id);
    await home.workOff();
    const { object_key } = await recordOf(home, image_id);
    const deps = { ...home.context.deps, scanner: undefined, searchFeed: undefined, keepGps: false };
    if (!isImageId(image_id)) throw new Error('This is no id.');
    const job = { kind: 'clean-up-object', image_id, object_key: before } as const;
    await doJob(deps, job, { number: 1, isLast: false });
    expect(await keysOf(deps.objects, 'bob/')).toEqual([object_key]);
    await expectServed(home, image_id, sent);
    expect(await usage(home, 'bob')).toEqual({ images: 1, bytes: sent.length });
    expect((await remove(home, image_id, '?permanent=true')).status).toBe(204);
  });

  it('is told by the API all the same, where that is wanted', async () => {
    const sent = placedOf('image/jpeg');
    const { image_id } = await upload(telling, {}, sent);
    await telling.workOff();
    const { exif } = await expectServed(telling, image_id, sent);
    expect(exif).toMatchObject({ gps: { latitude: 51.5, longitude: -0.1 } });
  });

  it('sent straight to the store is treated alike', async () => {
    const sent = placedOf('image/webp');
    const started = await startUpload(home, sent, { content_type: 'image/webp', method: 'put' });
    expect((await sendUpload(home, started, sent)).ok).toBe(true);
    const image = await expectImage(await complete(home, started));
    await expectUnserved(home, image);
    await home.workOff();
    await expectServed(home, image.image_id, sent);
  });

  it('is not served as a version either, nor when that is restored', async () => {
    const [first, second] = [placedOf('image/jpeg'), placedOf('image/png')];
    const image = await upload(home, { user_id: 'carol' }, first);
    await home.workOff();
    expect(await expectImage(await replace(home, image.image_id, second))).toMatchObject({
      status: 'scanning',
    });
    await expectUnserved(home, image);
    await home.workOff();
    await expectServed(home, image.image_id, second);
    const { items } = (await (await home.request(`/images/${image.image_id}/versions`)).json()) as {
      items: Image[];
    };
    await expectSameWithoutPlace(first, await bytesAt(home, items[1]?.url));
    const restored = await post(home, `/images/${image.image_id}/versions/1/restore`);
    expect(await expectImage(restored)).toMatchObject({ status: 'ready', version: 3 });
    await expectServed(home, image.image_id, first);
  });

  it('that was accepted before that was wanted loses it when its version is restored', async () => {
    const sent = placedOf('image/jpeg');
    const before = { ...home.context.deps, stripGps: false, statusOnArrival: 'ready' } as const;
    const fields = { user_id: 'dora' };
    const { image } = await uploadImage(before, ANONYMOUS, {
      bytes: pieces(sent),
      fields: async () => fields,
    });
    const { image_id } = image;
    await home.workOff();
    expect((await bytesAt(home, (await viewed(home, image_id)).url)).equals(sent)).toBe(true);
    await expectImage(await replace(home, image_id, newPng()));
    const restored = await expectImage(await post(home, `/images/${image_id}/versions/1/restore`));
    await expectUnserved(home, restored);
    await home.workOff();
    await expectServed(home, image_id, sent);
    const { former_versions, object_key } = await recordOf(home, image_id);
    expect(former_versions.find(({ version }) => version === 1)?.object_key).toBe(object_key);
  });

  it('out of the trash, it loses it then', async () => {
    const sent = placedOf('image/avif');
    const image = await upload(home, { user_id: 'erin' }, sent);
    expect((await remove(home, image.image_id)).status).toBe(204);
    await home.workOff();
    expect(await expectImage(await post(home, `/images/${image.image_id}/restore`))).toMatchObject({
      status: 'scanning',
    });
    await home.workOff();
    await expectServed(home, image.image_id, sent);
  });

  it('is the answer to the same upload once more, and to no other', async () => {
    const sent = placedOf('image/jpeg');
    const again = (bytes: Buffer) => {
      const { path, init } = postRaw(bytes, { user_id: 'frank' });
      return home.request(path, { ...init, headers: { ...init.headers, 'idempotency-key': 'a-place' } });
    };
    const first = await expectImage(await again(sent), 201);
    await home.workOff();
    const repeated = await again(sent);
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    expect(await expectImage(repeated, 201)).toEqual(first);
    await expectProblem(
      await again(await bytesAt(home, (await viewed(home, first.image_id)).url)),
      'idempotency_key_reused',
    );
  });

  it('that nobody can follow is rejected, and never served', async () => {
    // A sequence in fragments, of which there is none.
    const odd = Buffer.concat([SMALL_IMAGES['image/avif'].bytes, Buffer.from('\0\0\0\x08moof')]);
    const image = await upload(home, { user_id: 'grace' }, odd);
    await home.workOff();
    expect(await viewed(home, image.image_id)).toMatchObject({ rejection_reason: 'location_not_removable' });
    await expectUnserved(home, image, 'rejected');
  });

  it('and another is served as it was sent', async () => {
    const { path, init } = uploadCall('raw bytes', SMALL_IMAGES['image/jpeg'].bytes, { user_id: 'henry' });
    const { image_id } = await expectImage(await home.request(path, init), 201);
    await home.workOff();
    const served = await bytesAt(home, (await viewed(home, image_id)).url);
    expect(served.equals(SMALL_IMAGES['image/jpeg'].bytes)).toBe(true);
  });
});

describe('real images', () => {
  it('without where they were taken are the same pictures', { timeout: 600_000 }, async (context) => {
    onlyWhenLarge(context);
    skipWithoutCorpus(context);
    const seen = { changed: 0, unchanged: 0, undecodable: 0 };
    for (const file of [...corpusFiles('photos'), ...corpusFiles('odd'), ...corpusFiles('hostile')]) {
      const bytes = await readCorpusFile(file);
      const type = sniffType(bytes);
      if (!type) continue;
      const found = withoutLocation(bytes, type);
      const isDecodable = await sharp(bytes, { animated: true })
        .raw()
        .toBuffer()
        .then(
          () => true,
          () => false,
        );
      if (!isDecodable) {
        seen.undecodable++;
        continue;
      }
      if (found.kind === 'impossible') throw new Error(`${file.file} cannot be followed: ${found.why}`);
      seen[found.kind]++;
      const after = found.kind === 'changed' ? found.bytes : bytes;
      if (found.kind === 'changed') await expectSameWithoutPlace(bytes, after);
      else expect((await placeIn(after)).gps, file.file).toBeNull();
    }
    expect(seen.changed).toBeGreaterThan(20);
    expect(seen.unchanged).toBeGreaterThan(50);
  });
});
