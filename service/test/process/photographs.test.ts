import { basename } from 'node:path';
import exifReader from 'exif-reader';
import sharp from 'sharp';
import { beforeEach, expect, test, vi } from 'vitest';
import { imageSchema } from '../../src/http/schemas.ts';
import { type CorpusFile, corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { type ServerProcess, startServerProcess, storedRenditions } from '../support/server-process.ts';
import {
  checksumAt,
  expectFilesToBeRows,
  type Image,
  type ImageSummary,
  listAll,
  nothingHalf,
  sha256,
  UPLOAD_FORMS,
  type UploadForm,
  uploadImage,
} from './calls.ts';

/** What is made of an image does not depend on how it came: it is waited for, and looked at, in one of the forms. */
const PROCESSED: UploadForm = 'multipart';

const USERS = ['anna', 'ben & co', 'çağla#1'];
const TAGS = ['bird', 'wide angle', 'früh'];

// Real photographs and real decoding: http/renditions.test.ts has small ones in every run.
beforeEach(onlyWhenLarge);

test.for(UPLOAD_FORMS)(
  'every photograph uploaded as %s goes all the way from upload to deletion',
  async (form, ctx) => {
    skipWithoutCorpus(ctx);
    const photographs = corpusFiles('photos');
    expect(photographs).toHaveLength(26);
    const server = await startServerProcess();

    const images = await fewAtOnce(photographs, (photograph) =>
      uploadPhotograph(server, form, photograph, photographs.indexOf(photograph)),
    );
    expect(await expectFilesToBeRows(server)).toHaveLength(26);

    await findAll(server, images);
    const shown = await fewAtOnce(images, (image) => viewAndDownload(server, image, form === PROCESSED));
    await fewAtOnce(shown, (image) => rename(server, image));
    await fewAtOnce(images, (image) => remove(server, image));
    expect(await listAll(server.url)).toEqual([]);
    for (const user_id of USERS) expect(await listAll(server.url, { user_id })).toEqual([]);
    for (const tag of TAGS) expect(await listAll(server.url, { tag })).toEqual([]);
    expect((await nothingHalf(server)).objects).toEqual([]);
    const noRenditions = async () => expect(await storedRenditions(server.dataDir)).toEqual([]);
    await vi.waitFor(noRenditions, { timeout: 20_000, interval: 100 });
    expect(await server.stop()).toBe(0);
    expect(server.logs().stderr).toEqual([]);
  },
);

/** Four at a time keep both cores busy; the results are in the order of the items. */
async function fewAtOnce<Item, Result>(items: readonly Item[], act: (item: Item) => Promise<Result>) {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += 4) {
    results.push(...(await Promise.all(items.slice(at, at + 4).map(act))));
  }
  return results;
}

async function uploadPhotograph(
  { url }: ServerProcess,
  form: UploadForm,
  photograph: CorpusFile,
  index: number,
): Promise<Image> {
  const bytes = await readCorpusFile(photograph);
  const fields = {
    user_id: USERS[index % USERS.length] ?? '',
    filename: basename(photograph.file),
    title: `Photograph ${index}`,
    tags: [TAGS[index % 2] ?? '', 'früh'],
  };
  const image = await uploadImage(url, form, { bytes, ...fields });
  expect(image).toMatchObject({
    ...fields,
    content_type: 'image/jpeg',
    width: photograph.width,
    height: photograph.height,
    size_bytes: bytes.length,
    checksum_sha256: sha256(bytes),
    status: 'ready',
    version: 1,
  });
  return image;
}

const idsOf = (images: readonly { image_id: string }[]) => images.map(({ image_id }) => image_id).sort();

/** By user, by tag, by several of them together, and by date. */
async function findAll({ url }: ServerProcess, images: readonly Image[]): Promise<void> {
  for (const user_id of USERS) {
    const theirs = images.filter((image) => image.user_id === user_id);
    expect(theirs.length).toBeGreaterThan(7);
    expect(idsOf(await listAll(url, { user_id }))).toEqual(idsOf(theirs));
    const birds = theirs.filter((image) => image.tags.includes('bird'));
    expect(idsOf(await listAll(url, { user_id, tag: 'Bird ' }))).toEqual(idsOf(birds));
  }
  for (const tag of TAGS) {
    const tagged = images.filter((image) => image.tags.includes(tag));
    expect(tagged.length).toBeGreaterThan(12);
    expect(idsOf(await listAll(url, { tag }))).toEqual(idsOf(tagged));
  }
  for (const { upload_time } of images) {
    const at = images.filter((image) => image.upload_time === upload_time);
    const found = await listAll(url, { date_range: `${upload_time}/${upload_time}` });
    expect(idsOf(found)).toEqual(idsOf(at));
    const since = images.filter((image) => image.upload_time >= upload_time);
    expect(idsOf(await listAll(url, { date_range: `${upload_time}/..` }))).toEqual(idsOf(since));
  }
  const today = (images[0]?.upload_time ?? '').slice(0, 10);
  const lastDay = new Date().toISOString().slice(0, 10);
  expect(await listAll(url, { date_range: `${today}/${lastDay}` })).toHaveLength(26);
  expect(await listAll(url, { date_range: '../2020-12-31' })).toEqual([]);
}

async function viewAndDownload({ url }: ServerProcess, image: Image, whenProcessed: boolean): Promise<Image> {
  const address = `${url}/images/${image.image_id}`;
  const viewed = await (whenProcessed ? processed(address) : view(address));
  const { placeholder, exif } = viewed;
  expect(withoutUrl(viewed)).toEqual(withoutUrl({ ...image, placeholder, exif }));
  if (whenProcessed) await expectPresets(viewed);
  expect(await checksumAt(viewed.url)).toBe(image.checksum_sha256);
  expect(await checksumAt(`${url}/images/${image.image_id}/content`)).toBe(image.checksum_sha256);

  const download = await fetch((await view(`${url}/images/${image.image_id}?download=true`)).url ?? '');
  expect(download.headers.get('content-type')).toBe('image/jpeg');
  const disposition = download.headers.get('content-disposition')?.replaceAll('"', '');
  expect(disposition).toBe(`attachment; filename=${image.filename}`);
  expect(sha256(new Uint8Array(await download.arrayBuffer()))).toBe(image.checksum_sha256);

  const inPlace = await fetch(viewed.url ?? '', { method: 'HEAD' });
  expect(inPlace.headers.get('content-disposition')).toMatch(/^inline; /);
  expect(inPlace.headers.get('content-length')).toBe(String(image.size_bytes));
  return viewed;
}

/** The image once its presets are made, in the background. */
async function processed(url: string): Promise<Image> {
  const isProcessed = async () => {
    const image = await view(url);
    expect(image.placeholder).not.toBeNull();
    return image;
  };
  return vi.waitFor(isProcessed, { timeout: 120_000, interval: 200 });
}

/** Each is a WebP of the size that is said of it, and of the image's proportions but for the thumb. */
async function expectPresets({ renditions, width, height }: Image): Promise<void> {
  const longest = Math.max(width ?? 0, height ?? 0);
  const names = ['thumb', 'small', 'medium', ...(longest > 1280 ? ['large'] : [])];
  expect(Object.keys(renditions)).toEqual(names);
  for (const [preset, shown] of Object.entries(renditions)) {
    const response = await fetch(shown?.url ?? '');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const made = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect([made.format, made.width, made.height]).toEqual(['webp', shown?.width, shown?.height]);
    // Whose it is stays; where it was taken does not.
    if (made.exif) expect(exifReader(made.exif).GPSInfo).toBeUndefined();
    const ratio = preset === 'thumb' ? 1 : (width ?? 0) / (height ?? 1);
    expect(made.width / made.height).toBeCloseTo(ratio, 1);
  }
}

async function view(url: string): Promise<Image> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return imageSchema.parse(await response.json());
}

/** URLs change with the time of day; nothing else may. */
function withoutUrl({ url, url_expires_at, renditions: _renditions, ...rest }: Image): Partial<Image> {
  expect(url).toMatch(/^http/);
  expect(Date.parse(url_expires_at ?? '')).toBeGreaterThan(Date.now());
  return rest;
}

async function rename(server: ServerProcess, image: Image): Promise<void> {
  const address = `${server.url}/images/${image.image_id}`;
  const title = `${image.title}, renamed “✓”`;
  const response = await fetch(address, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title }),
  });
  expect(response.status).toBe(200);
  const { updated_at, ...renamed } = withoutUrl(imageSchema.parse(await response.json()));
  const { updated_at: before, ...uploaded } = withoutUrl(image);
  // What is made of it in the background may have come meanwhile.
  const { placeholder, exif } = image.placeholder === null ? renamed : uploaded;
  expect(renamed).toEqual({ ...uploaded, placeholder, exif, title });
  expect(Date.parse(updated_at ?? '')).toBeGreaterThanOrEqual(Date.parse(before ?? ''));
  const listed: ImageSummary[] = await listAll(server.url, { user_id: image.user_id });
  expect(listed.find(({ image_id }) => image_id === image.image_id)?.title).toBe(title);
}

async function remove({ url }: ServerProcess, { image_id }: Image): Promise<void> {
  const response = await fetch(`${url}/images/${image_id}`, { method: 'DELETE' });
  expect(response.status).toBe(204);
}
