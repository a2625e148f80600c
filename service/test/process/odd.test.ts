import sharp from 'sharp';
import { beforeEach, expect, test } from 'vitest';
import { imageSchema, problemSchema } from '../../src/http/schemas.ts';
import { type CorpusFile, corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { startServerProcess } from '../support/server-process.ts';
import { expectFilesToBeRows, type Image, sendUpload, sha256, UPLOAD_FORMS } from './calls.ts';

// Real files and real decoding: http/renditions.test.ts has made ones in every run.
beforeEach(onlyWhenLarge);

const MOST_PIXELS = 50_000_000;

/** What sharp says that a file is: one of the types that the service accepts, or undefined. */
async function refereed(
  bytes: Buffer,
): Promise<Pick<Image, 'content_type' | 'width' | 'height'> | undefined> {
  const metadata = await sharp(bytes).metadata();
  const isAvif = metadata.format === 'heif' && metadata.compression === 'av1';
  const type = isAvif ? 'avif' : metadata.format;
  if (!['jpeg', 'png', 'webp', 'gif', 'avif'].includes(type ?? '')) return undefined;
  // Of an animation sharp reads the first frame only, unless told otherwise: its size is the canvas's.
  const { width, height } = metadata;
  return { content_type: `image/${type}` as Image['content_type'], width, height };
}

test('every odd image is accepted as what it is, or refused as a type that is not accepted', async (ctx) => {
  skipWithoutCorpus(ctx);
  const files = corpusFiles('odd');
  expect(files.length).toBeGreaterThan(200);
  const server = await startServerProcess();
  const accepted = new Map<string, string>();
  for (const [index, file] of files.entries()) {
    const bytes = await readCorpusFile(file);
    const form = UPLOAD_FORMS[index % UPLOAD_FORMS.length] ?? 'raw';
    const response = await sendUpload(server.url, form, {
      bytes,
      user_id: 'odd',
      title: file.file.slice(-200),
    });
    const image = await outcome(file, bytes, response);
    if (image) accepted.set(image.image_id, sha256(bytes));
  }
  // The corpus has 156 files of the five types; without them this would hold nothing against anything.
  expect(accepted.size).toBeGreaterThan(150);
  expect(files.length - accepted.size).toBeGreaterThan(40);

  const listed = await expectFilesToBeRows(server);
  expect(listed.map(({ image_id }) => image_id).sort()).toEqual([...accepted.keys()].sort());
  for (const { image_id, url } of listed) {
    const bytes = await (await fetch(url ?? '')).arrayBuffer();
    expect(sha256(new Uint8Array(bytes))).toBe(accepted.get(image_id));
  }
});

/** The image where it was accepted, and rightly; undefined where it was refused, and rightly. */
async function outcome(file: CorpusFile, bytes: Buffer, response: Response): Promise<Image | undefined> {
  const body: unknown = await response.json();
  const is = await refereed(bytes);
  const about = `${file.file}: ${JSON.stringify(body)}`;
  if (is && Number(is.width) * Number(is.height) <= MOST_PIXELS) {
    expect(response.status, about).toBe(201);
    const image = imageSchema.parse(body);
    expect(image, about).toMatchObject({ ...is, size_bytes: bytes.length, checksum_sha256: sha256(bytes) });
    return image;
  }
  expect([415, 422], about).toContain(response.status);
  const { code } = problemSchema.parse(body);
  expect(code, about).toBe(response.status === 415 ? 'unsupported_media_type' : 'unprocessable_image');
  return undefined;
}
