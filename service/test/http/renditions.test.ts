import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { PRESET_NAMES } from '../../src/domain/rendition.ts';
import { expectProblem, type Image } from '../support/answers.ts';
import { DIVIDED_HOMES, useHome } from '../support/homes.ts';
import {
  bytesAt,
  idsIn,
  list,
  processed,
  processing,
  remove,
  usage,
  viewed,
} from '../support/image-calls.ts';
import { animation, pixelsOf, QUARTERS, quarters, turnedQuarters } from '../support/made-images.ts';
import { png } from '../support/png.ts';
import { upload } from '../support/uploads.ts';

type Preset = NonNullable<Image['renditions']['thumb']>;

function presetsOf({ renditions }: Pick<Image, 'renditions'>): [string, Preset][] {
  return Object.entries(renditions).filter((entry): entry is [string, Preset] => entry[1] !== undefined);
}

/** A photograph that says where it was taken, with more behind its end. */
async function photograph(): Promise<Buffer> {
  const jpeg = await quarters()
    .withExif({
      IFD0: { Make: 'Example', Model: 'One', Copyright: 'Carol' },
      IFD2: { ExposureTime: '1/250', FNumber: '28/10', DateTimeOriginal: '2026:05:04 03:02:01' },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '51/1 30/1 0/1',
        GPSLongitudeRef: 'W',
        GPSLongitude: '0/1 6/1 0/1',
      },
    })
    .jpeg()
    .toBuffer();
  return Buffer.concat([jpeg, Buffer.from('A TAIL THAT NOBODY IS TO SEE')]);
}

/** PNG whose header is right, and whose pixels are not there. */
const hollow = (seed: number) => png({ width: 2000, height: 2000, seed });

describe.each(DIVIDED_HOMES)('an image that has been processed (%s)', (kind) => {
  const home = useHome(kind);

  it('has a placeholder, and presets that are WebP of the promised size', async () => {
    const bytes = await quarters(2600, 1400).jpeg().toBuffer();
    const image = await processed(home, bytes);
    expect(image).toMatchObject({ status: 'ready', width: 2600, height: 1400 });
    expect(image.placeholder?.color).toMatch(/^#[0-9a-f]{6}$/);
    expect(Buffer.from(image.placeholder?.thumbhash ?? '', 'base64').length).toBeGreaterThan(4);
    const presets = presetsOf(image);
    expect(presets.map(([name, { width, height }]) => [name, width, height])).toEqual([
      ['thumb', 256, 256],
      ['small', 640, 345],
      ['medium', 1280, 689],
      ['large', 2048, 1103],
    ]);
    for (const [, { url, width, height }] of presets) {
      const response = await home.follow(url);
      expect(response.headers.get('content-type')).toBe('image/webp');
      const shown = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
      expect(shown).toMatchObject({ format: 'webp', width, height });
    }
    expect((await bytesAt(home, image.url)).equals(bytes)).toBe(true);
  });

  it('has none of it before, and what is asked of it comes with the time to ask again', async () => {
    const { image_id } = await upload(home, {}, await quarters().png().toBuffer());
    expect(await viewed(home, image_id)).toMatchObject({
      status: 'ready',
      placeholder: null,
      renditions: {},
      exif: null,
    });
    const [row] = (await list(home, 'user_id=alice&limit=1')).items;
    expect(row).toMatchObject({ image_id, placeholder: null, renditions: {} });
    for (const path of ['renditions/thumb', 'renditions/large', 'renditions?w=10']) {
      const response = await home.request(`/images/${image_id}/${path}`);
      await expectProblem(response, 'not_ready', undefined, true);
    }
    await home.workOff();
    expect((await home.request(`/images/${image_id}/renditions/thumb`)).status).toBe(302);
  });

  it('moves neither its ETag nor updated_at', async () => {
    const before = await upload(home, {}, await quarters().png().toBuffer());
    await home.workOff();
    const response = await home.request(`/images/${before.image_id}`);
    expect(response.headers.get('etag')).toBe('"1.1"');
    const after = (await response.json()) as Image;
    const { placeholder, renditions, exif } = after;
    expect(after).toEqual({ ...before, placeholder, renditions, exif });
  });

  it('is told of in lists as in itself, but for its EXIF', async () => {
    const user_id = 'lister';
    const fields = { user_id, tags: ['listed'] };
    const image = await processed(home, await photograph(), fields);
    expect(image.exif).toMatchObject({ camera_make: 'Example', f_number: 2.8, exposure_time: '1/250' });
    for (const query of [`user_id=${user_id}`, 'tag=listed', `user_id=${user_id}&tag=listed`]) {
      const [row] = (await list(home, query)).items;
      const { description: _description, exif: _exif, checksum_sha256: _checksum, ...summary } = image;
      expect(row).toEqual(summary);
    }
    const [row] = (await list(home, `user_id=${user_id}`)).items;
    for (const [, { url, width, height }] of presetsOf(row ?? image)) {
      expect(await sharp(await bytesAt(home, url)).metadata()).toMatchObject({ width, height });
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is the right way up with orientation %d', async (orientation) => {
    const { image_id, ...stored } = await upload(home, {}, await turnedQuarters(orientation));
    const lies = orientation > 4;
    expect([stored.width, stored.height]).toEqual(lies ? [300, 400] : [400, 300]);
    await home.workOff();
    const image = await viewed(home, image_id);
    expect([image.width, image.height]).toEqual([400, 300]);
    expect(image.exif).toMatchObject({ orientation });
    expect(image.renditions.small).toMatchObject({ width: 400, height: 300 });
    const { at } = await pixelsOf(await bytesAt(home, image.renditions.small?.url));
    const corners = [at(60, 60), at(340, 60), at(60, 240), at(340, 240)].map((color) => color.slice(0, 3));
    for (const [index, corner] of corners.entries()) {
      for (const [channel, value] of corner.entries()) {
        expect(Math.abs(value - (QUARTERS[index]?.[channel] ?? -1000))).toBeLessThan(16);
      }
    }
  });

  it.each(['gif', 'webp'] as const)(
    'as an animated %s keeps its frames in all presets but its thumb, which stands still',
    async (format) => {
      const bytes = await animation(QUARTERS, format, { width: 700, height: 500 });
      const [thumb, ...presets] = presetsOf(await processed(home, bytes));
      expect(presets.map(([name]) => name)).toEqual(['small', 'medium']);
      for (const [, { url, width, height }] of presets) {
        const shown = await sharp(await bytesAt(home, url), { animated: true }).metadata();
        expect(shown).toMatchObject({ format: 'webp', pages: 4, width, pageHeight: height, loop: 3 });
      }
      const still = await sharp(await bytesAt(home, thumb?.[1].url), { animated: true }).metadata();
      expect([thumb?.[0], still.width, still.height]).toEqual(['thumb', 256, 256]);
    },
  );
});

describe.each(DIVIDED_HOMES)('where a photograph was taken (%s)', (kind) => {
  const home = useHome(kind);
  const keeping = useHome(kind, { config: processing({ keepGps: true }) });

  it('is told only where the service is set to it, and stays in the original', async () => {
    const bytes = await photograph();
    const image = await processed(home, bytes);
    expect(image.exif).not.toBeNull();
    expect(image.exif).not.toHaveProperty('gps');
    expect((await bytesAt(home, image.url)).equals(bytes)).toBe(true);
    const told = await processed(keeping, bytes);
    expect(told.exif).toEqual({ ...image.exif, gps: { latitude: 51.5, longitude: -0.1 } });
  });

  it('and what lies behind its end are in no rendition, but whose it is', async () => {
    const bytes = await photograph();
    expect((await sharp(bytes).metadata()).exif?.includes('Carol')).toBe(true);
    for (const place of [home, keeping]) {
      const image = await processed(place, bytes);
      const urls = presetsOf(image).map(([, { url }]) => url);
      for (const format of ['jpeg', 'webp', 'png', 'avif']) {
        const path = `/images/${image.image_id}/renditions?w=50&format=${format}`;
        urls.push((await place.request(path)).headers.get('location') ?? '');
      }
      expect(urls.length).toBe(6);
      for (const url of urls) {
        const shown = await bytesAt(place, url);
        expect(shown.includes('A TAIL')).toBe(false);
        const { exif } = await sharp(shown).metadata();
        expect(exif?.includes('Carol')).toBe(true);
        // The directory of the position has its own tag in the first one: 0x8825, in either byte order.
        expect(exif?.includes(Buffer.from([0x88, 0x25]))).toBe(false);
        expect(exif?.includes(Buffer.from([0x25, 0x88]))).toBe(false);
      }
    }
  });
});

describe.each(DIVIDED_HOMES)('an image that cannot be decoded (%s)', (kind) => {
  const home = useHome(kind);

  it('ends rejected with the reason, is in no list and serves nothing', async () => {
    const user_id = 'hollow';
    const { image_id, status, url } = await upload(home, { user_id, tags: ['hollow'] }, hollow(1));
    expect(status).toBe('ready');
    expect(await idsIn(home, `user_id=${user_id}`)).toEqual([image_id]);
    expect((await home.follow(url ?? '')).status).toBe(200);
    await home.workOff();
    const image = await viewed(home, image_id);
    expect(image).toMatchObject({ status: 'rejected', url: null, placeholder: null, renditions: {} });
    expect(image.rejection_reason).toMatch(/^undecodable: .+/);
    for (const query of ['', `user_id=${user_id}`, 'tag=hollow', `user_id=${user_id}&tag=hollow`]) {
      expect(await idsIn(home, query)).not.toContain(image_id);
    }
    expect(await idsIn(home, `user_id=${user_id}&status=rejected`)).toEqual([image_id]);
    for (const path of ['content', 'renditions/thumb', 'renditions?w=10']) {
      await expectProblem(await home.request(`/images/${image_id}/${path}`), 'not_ready');
    }
    // S3 serves what was signed until it ends.
    if (kind === 'embedded') expect((await home.follow(url ?? '')).status).toBe(404);
    expect((await usage(home, user_id)).images).toBe(1);
    expect((await remove(home, image_id)).status).toBe(204);
    expect(await usage(home, user_id)).toEqual({ images: 0, bytes: 0 });
  });

  it('costs nobody else theirs', async () => {
    const good = await quarters().png().toBuffer();
    const ids: string[] = [];
    for (const bytes of [hollow(2), good, hollow(3), good]) {
      ids.push((await upload(home, { user_id: 'mixed' }, bytes)).image_id);
    }
    await home.workOff();
    const images = await Promise.all(ids.map((id) => viewed(home, id)));
    expect(images.map(({ status }) => status)).toEqual(['rejected', 'ready', 'rejected', 'ready']);
    expect(images.map((image) => presetsOf(image).length)).toEqual([0, 2, 0, 2]);
  });
});

describe.each(DIVIDED_HOMES)('presets as AVIF (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ presetFormat: 'avif' }) });

  it('are made where the service is set to it', async () => {
    const image = await processed(home, await quarters(300, 200).png().toBuffer());
    expect(presetsOf(image).map(([name]) => name)).toEqual(PRESET_NAMES.slice(0, 2));
    for (const [, { url, width, height }] of presetsOf(image)) {
      const response = await home.follow(url);
      expect(response.headers.get('content-type')).toBe('image/avif');
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(await sharp(bytes).metadata()).toMatchObject({ compression: 'av1', width, height });
    }
  });
});
