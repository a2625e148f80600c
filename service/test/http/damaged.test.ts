import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { expectEmpty, expectImage, expectProblem, type Image } from '../support/answers.ts';
import { recordingLog } from '../support/recording-log.ts';
import { openServer, type TestServer } from '../support/running-server.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { newPng } from '../support/uploads.ts';

const LARGE_SIZES = [
  ['large', 3_000_000],
  ['large, with a short last piece', 2 * 1024 * 1024 + 30],
] as const;

/** And yet sent as one piece. */
const TOO_LARGE_TO_KEEP = 300_000;

const SIZES = [['small', 5000], ...LARGE_SIZES] as const;

const PROCESSED_WITHIN = { timeout: 20_000 };

describe('bytes that the disk has changed', () => {
  const log = recordingLog();
  let folder: Awaited<ReturnType<typeof scratchFolder>>;
  let server: TestServer;
  beforeAll(async () => {
    folder = await scratchFolder();
    server = await openServer(folder.path, { log });
  });
  afterAll(async () => {
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });

  async function stored(size: number): Promise<{ image: Image; bytes: Buffer; url: string }> {
    const bytes = newPng(size);
    const init = { method: 'POST', headers: { 'content-type': 'image/png' }, body: new Uint8Array(bytes) };
    const image = await expectImage(await fetch(`${server.url}/images?user_id=alice`, init), 201);
    // What processes it reads the file as well, and would reject the image for what the tests do to that.
    await vi.waitFor(async () => {
      const { placeholder } = await expectImage(await fetch(`${server.url}/images/${image.image_id}`), 200);
      expect(placeholder).not.toBeNull();
    }, PROCESSED_WITHIN);
    return { image, bytes, url: image.url ?? '' };
  }

  /** Changes the image's file as a failing disk does: neither its size nor its times tell of it. */
  async function rot({ image_id }: Image, change: (bytes: Buffer) => void): Promise<void> {
    const entries = await readdir(join(folder.path, 'objects'), { recursive: true, withFileTypes: true });
    const file = entries.find(({ name }) => name.startsWith(image_id));
    if (!file) throw new Error('The image has no file.');
    const path = join(file.parentPath, file.name);
    const { atime, mtime } = await stat(path);
    const bytes = await readFile(path);
    change(bytes);
    await writeFile(path, bytes);
    await utimes(path, atime, mtime);
  }

  const flip = (at: number) => (bytes: Buffer) => {
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  };

  /** Nothing that somebody could take for the image, and one line that tells whoever runs this. */
  async function expectRefused(size: string, { image, bytes, url }: Awaited<ReturnType<typeof stored>>) {
    const before = log.entries.length;
    const response = await fetch(url);
    if (size === 'small') {
      await expectProblem(response, 'internal');
    } else {
      expect(response.status).toBe(200);
      await expect(response.bytes()).rejects.toThrow();
    }
    const errors = log.entries.slice(before).filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    const { err, request_id } = errors[0]?.fields ?? {};
    expect(String(err)).toContain(`alice/${image.image_id} is damaged`);
    expect(request_id).toBe(response.headers.get('x-request-id'));
    expect(bytes.length).toBe(image.size_bytes);
  }

  it.each(SIZES)('%s: are not served, wherever they changed', async (size, length) => {
    for (const at of [0, 100, length / 2, length - 1]) {
      const image = await stored(length);
      await rot(image.image, flip(at));
      await expectRefused(size, image);
    }
  });

  it('are not served by a process that has kept them since they were right: what it keeps is', async () => {
    const { image, url, bytes } = await stored(5000);
    for (let times = 0; times < 2; times++) await (await fetch(url)).bytes();
    await rot(image, flip(4000));
    expect(Buffer.from(await (await fetch(url)).bytes()).equals(bytes)).toBe(true);
  });

  it.each([['small', TOO_LARGE_TO_KEEP] as const, ...LARGE_SIZES])(
    '%s, and not kept: are not served by a process that has served them when they were right',
    async (size, length) => {
      const image = await stored(length);
      for (let n = 0; n < 3; n++) {
        expect(Buffer.from(await (await fetch(image.url)).bytes()).equals(image.bytes)).toBe(true);
      }
      await rot(image.image, flip(length - 1));
      await expectRefused(size, image);
      await expectRefused(size, image);
      await rot(image.image, flip(length - 1));
      expect(Buffer.from(await (await fetch(image.url)).bytes()).equals(image.bytes)).toBe(true);
    },
  );

  it.each(SIZES)('%s: are not served as a range that is the whole either', async (_size, length) => {
    const { image, url } = await stored(length);
    await rot(image, flip(7));
    const whole = async () => {
      const response = await fetch(url, { headers: { range: 'bytes=0-' } });
      return response.status === 206 ? response.bytes() : Promise.reject(new Error(String(response.status)));
    };
    await expect(whole()).rejects.toThrow();
  });

  it('can be had in ranges, which nobody can check, and HEAD reads none', async () => {
    const { image, url, bytes } = await stored(5000);
    await rot(image, flip(4000));
    const response = await fetch(url, { headers: { range: 'bytes=0-99' } });
    expect(response.status).toBe(206);
    expect(Buffer.from(await response.bytes()).equals(bytes.subarray(0, 100))).toBe(true);
    await expectEmpty(await fetch(url, { method: 'HEAD' }), 200);
  });

  it('a file that is cut off is not served', async () => {
    for (const [size, length] of SIZES) {
      const image = await stored(length);
      const before = log.entries.length;
      const entries = await readdir(join(folder.path, 'objects'), { recursive: true, withFileTypes: true });
      const file = entries.find(({ name }) => name.startsWith(image.image.image_id));
      await writeFile(join(file?.parentPath ?? '', file?.name ?? ''), image.bytes.subarray(0, -1));
      const response = await fetch(image.url);
      if (size === 'small') await expectProblem(response, 'internal');
      else await expect(response.bytes()).rejects.toThrow();
      expect(log.entries.slice(before).filter(({ level }) => level === 'error')).toHaveLength(1);
    }
  });
});
