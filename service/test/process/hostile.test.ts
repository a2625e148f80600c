import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import sharp from 'sharp';
import { beforeEach, expect, test, vi } from 'vitest';
import { imageSchema, problemSchema } from '../../src/http/schemas.ts';
import { type CorpusFile, corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { type ServerProcess, startServerProcess, storedFiles } from '../support/server-process.ts';
import { type Image, listAll, sendUpload, sha256, UPLOAD_FORMS, type UploadForm } from './calls.ts';

// Real processes and real waiting: minutes in all.
beforeEach(onlyWhenLarge);

/** The bound for an answer. */
const ANSWERED_WITHIN = 2000;

/**
 * How far above what it has when idle the server's resident memory may ever get. The largest file has
 * 1.4 MB, so what is needed is bodies, garbage and the allocator's slack: 40 MB were seen. Decoding one of
 * the bombs takes several times this bound (16,000 x 16,000 pixels in RGB: 768 MB).
 */
const MEMORY_GROWTH = 128 * 1024 * 1024;

interface Answer {
  readonly file: CorpusFile;
  readonly bytes: Buffer;
  readonly status: number;
  readonly body: unknown;
  readonly milliseconds: number;
}

test('every hostile file in every form is answered in time, and leaves the server as it was', async (ctx) => {
  skipWithoutCorpus(ctx);
  const files = corpusFiles('hostile');
  expect(files.length).toBeGreaterThan(350);
  const server = await startServerProcess();
  const idle = await server.rss();
  const images: Image[] = [];
  for (const form of UPLOAD_FORMS) {
    for (const file of files) {
      const answer = await send(server, form, file);
      expect(answer.milliseconds, file.file).toBeLessThan(ANSWERED_WITHIN);
      const image = await outcome(answer);
      if (image) images.push(image);
    }
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  }
  expect((await server.peakRss()) - idle).toBeLessThan(MEMORY_GROWTH);
  // Some of them have perfectly good headers. Each form accepts the same ones.
  expect(images.length % UPLOAD_FORMS.length).toBe(0);
  expect(images.length).toBeGreaterThan(0);

  const ends = await vi.waitFor(() => endsOf(server, images), { timeout: 120_000, interval: 500 });
  expect(ends.ready.length).toBeGreaterThan(0);
  expect(ends.rejected.length).toBeGreaterThan(0);
  expect((await server.peakRss()) - idle).toBeLessThan(MEMORY_GROWTH);
  const listed = await listAll(server.url);
  expect(listed.map(({ image_id }) => image_id).sort()).toEqual(ends.ready.sort());
  expect((await storedFiles(server.dataDir)).objects).toEqual([...ends.ready, ...ends.rejected].sort());
  expect(jobsIn(server)).toBe(0);
  await expectNoDecoderIn(server);
  expectQuietLogs(server, files.length * UPLOAD_FORMS.length);
  expect(await server.stop()).toBe(0);
});

/** How every image has ended: shown, or rejected with what is wrong with it. Fails while one has not. */
async function endsOf({ url }: ServerProcess, images: readonly Image[]) {
  const ends = { ready: [] as string[], rejected: [] as string[] };
  for (const { image_id } of images) {
    const image = imageSchema.parse(await (await fetch(`${url}/images/${image_id}`)).json());
    if (image.status === 'rejected') {
      expect(image).toMatchObject({ url: null, renditions: {} });
      expect(image.rejection_reason).toMatch(/^undecodable: [A-Z].+\.$/);
      ends.rejected.push(image_id);
    } else {
      expect(image).toMatchObject({ status: 'ready', placeholder: { color: expect.stringMatching(/^#/) } });
      ends.ready.push(image_id);
    }
  }
  return ends;
}

/** How many jobs are left, done or not. */
function jobsIn({ dataDir }: ServerProcess): number {
  const database = new DatabaseSync(join(dataDir, 'index.db'), { readOnly: true });
  try {
    return Number(database.prepare('SELECT count(*) AS jobs FROM jobs').get()?.['jobs']);
  } finally {
    database.close();
  }
}

async function send(server: ServerProcess, form: UploadForm, file: CorpusFile): Promise<Answer> {
  const bytes = await readCorpusFile(file);
  const started = performance.now();
  const response = await sendUpload(server.url, form, { bytes, user_id: form });
  const body: unknown = await response.json();
  return { file, bytes, status: response.status, body, milliseconds: performance.now() - started };
}

/** The image where it was accepted; then its header must be a readable image's. */
async function outcome({ file, bytes, status, body }: Answer): Promise<Image | undefined> {
  const about = `${file.file}: ${JSON.stringify(body)}`;
  if (status === 201) {
    const image = imageSchema.parse(body);
    expect(image).toMatchObject({ size_bytes: bytes.length, checksum_sha256: sha256(bytes) });
    const { content_type, width, height } = image;
    expect(await readings(file, bytes), about).toContain(`${content_type} ${width}x${height}`);
    expect(Number(width) * Number(height), about).toBeLessThanOrEqual(50_000_000);
    return image;
  }
  expect([413, 415, 422], about).toContain(status);
  problemSchema.parse(body);
  return undefined;
}

/**
 * Headers that are sound while what follows is not, so that sharp refuses the whole: read by hand, from
 * the VP8 frame, the `ispe` box and the SOF0 segment.
 */
const READ_BY_HAND: Readonly<Record<string, string>> = {
  'made__webp-riff-size-overflow.webp': 'image/webp 64x48',
  'poc_b_506387278.avif': 'image/avif 128x64',
  '2-invalid-memory-access': 'image/jpeg 480x360',
};

/** What independent readers make of the header: sharp, and plain looks at where GIF and PNG have their size. */
async function readings(file: CorpusFile, bytes: Buffer): Promise<string[]> {
  const byHand = Object.entries(READ_BY_HAND).find(([name]) => file.file.endsWith(name))?.[1];
  const found = byHand === undefined ? [] : [byHand];
  if (/^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6))) {
    found.push(`image/gif ${bytes.readUInt16LE(6)}x${bytes.readUInt16LE(8)}`);
  }
  if (bytes.toString('latin1', 1, 4) === 'PNG' && bytes.toString('latin1', 12, 16) === 'IHDR') {
    found.push(`image/png ${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`);
  }
  const metadata = await sharp(bytes)
    .metadata()
    .catch(() => undefined);
  if (metadata) {
    const type = metadata.compression === 'av1' ? 'avif' : metadata.format;
    found.push(`image/${type} ${metadata.width}x${metadata.pageHeight ?? metadata.height}`);
  }
  return found;
}

/** Linux shows what a process has loaded: sharp's library must not be among it. */
async function expectNoDecoderIn({ pid }: ServerProcess): Promise<void> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8').catch(() => undefined);
  if (maps === undefined) return;
  expect(maps).toContain('node');
  expect(maps).not.toMatch(/vips|sharp/);
}

/** One line a request, none of them long or a failure of ours, and nothing beside the log. */
function expectQuietLogs(server: ServerProcess, uploads: number): void {
  const { stdout, stderr } = server.logs();
  expect(stderr).toEqual([]);
  const lines = stdout.map((line) => ({
    length: line.length,
    ...(JSON.parse(line) as { level: number; msg: string; route?: string }),
  }));
  expect(lines.filter(({ route }) => route === '/images/upload')).toHaveLength(uploads);
  // A rejection is worth a warning, and nothing is worse than that.
  const warnings = lines.filter(({ level }) => level >= 40);
  expect(warnings.filter(({ msg }) => msg !== 'an image has been rejected')).toEqual([]);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(4000);
}
