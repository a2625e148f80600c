import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ScannerConfig } from '../../src/config/scanner.ts';
import { parseClamdAddress } from '../../src/domain/clamd-address.ts';
import { complete, sendUpload, startUpload } from '../support/announced-uploads.ts';
import { expectProblem, type Image } from '../support/answers.ts';
import {
  type ClamdProcess,
  EICAR_SIGNATURE,
  HAS_CLAMD,
  skipWithoutClamd,
  startClamd,
} from '../support/clamd-process.ts';
import { EICAR_IMAGES } from '../support/eicar-images.ts';
import { type Caller, startFakeClamd } from '../support/fake-clamd.ts';
import { DIVIDED_HOMES, type HomeKind, openTestHome, type TestHome } from '../support/homes.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { newPng, uploadCall } from '../support/uploads.ts';

const MIB = 1024 * 1024;

async function openScannedHome(kind: HomeKind, address: ClamdScanner['address'], maxBytes = 25 * MIB) {
  const home = await openTestHome(kind, { config: { scanner: { kind: 'clamd', address, maxBytes } } });
  onTestFinished(() => home.close());
  return home;
}

type ClamdScanner = Extract<ScannerConfig, { kind: 'clamd' }>;

async function view(home: TestHome, image_id: string): Promise<Image> {
  const response = await home.request(`/images/${image_id}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Image;
}

async function uploaded(home: TestHome, form: string, bytes: Buffer): Promise<Image> {
  const { path, init } = uploadCall(form, bytes, { user_id: 'alice', tags: ['sea'] });
  const response = await home.request(path, init);
  expect(response.status, await response.clone().text()).toBe(201);
  return (await response.json()) as Image;
}

async function listed(home: TestHome, query: string): Promise<string[]> {
  const response = await home.request(`/images?${query}`);
  expect(response.status).toBe(200);
  const { items } = (await response.json()) as { items: Image[] };
  return items.map(({ image_id }) => image_id);
}

/** Its owner sees it and why; nobody gets its bytes, or finds it in a list of images. */
async function expectUnserved(home: TestHome, image_id: string, shown: Partial<Image>): Promise<void> {
  const image = await view(home, image_id);
  expect(image).toMatchObject({ ...shown, url: null, url_expires_at: null });
  await expectProblem(await home.request(`/images/${image_id}/content`), 'not_ready');
  for (const query of ['', 'user_id=alice', 'tag=sea', 'user_id=alice&tag=sea']) {
    expect(await listed(home, query)).not.toContain(image_id);
  }
  expect(await listed(home, `user_id=alice&status=${image.status}`)).toContain(image_id);
}

async function expectServed(home: TestHome, image_id: string, bytes: Buffer): Promise<void> {
  const { status, rejection_reason, url } = await view(home, image_id);
  expect({ status, rejection_reason }).toEqual({ status: 'ready', rejection_reason: null });
  const served = Buffer.from(await (await home.follow(url ?? '')).arrayBuffer());
  expect(served.equals(bytes)).toBe(true);
  for (const query of ['', 'user_id=alice', 'user_id=alice&tag=sea']) {
    expect(await listed(home, query)).toContain(image_id);
  }
}

describe.each(DIVIDED_HOMES)('images before a scanner (%s)', (kind) => {
  let clamd: ClamdProcess | undefined;
  beforeAll(async () => {
    if (HAS_CLAMD) clamd = await startClamd();
  });
  afterAll(() => clamd?.stop());
  beforeEach(skipWithoutClamd);
  const open = (way: 'tcp' | 'socket' = 'tcp', maxBytes?: number) =>
    openScannedHome(kind, parseClamdAddress(clamd?.[way] ?? ''), maxBytes);

  it.each(['raw bytes', 'JSON with base64', 'a form with the file first'])(
    '%s: a clean one is served once it has been scanned, not before',
    async (form) => {
      const home = await open();
      const bytes = newPng();
      const { image_id, status } = await uploaded(home, form, bytes);
      expect(status).toBe('scanning');
      await expectUnserved(home, image_id, { status: 'scanning', rejection_reason: null });
      await home.workOff();
      await expectServed(home, image_id, bytes);
    },
  );

  it.each(EICAR_IMAGES)(
    'one with EICAR $name is rejected, and never served',
    async ({ bytes, content_type }) => {
      const home = await open('socket');
      const inline = await uploaded(home, 'raw bytes', bytes);
      const started = await startUpload(home, bytes, { content_type, method: 'put', tags: ['sea'] });
      expect((await sendUpload(home, started, bytes)).ok).toBe(true);
      const completed = (await (await complete(home, started)).json()) as Image;
      expect(completed).toMatchObject({ status: 'scanning', url: null });
      await home.workOff();
      for (const { image_id } of [inline, completed]) {
        const rejection_reason = `infected: ${EICAR_SIGNATURE}`;
        await expectUnserved(home, image_id, { status: 'rejected', rejection_reason });
      }
      await expectProblem(await complete(home, started), 'unprocessable_image');
      const gone = await home.request(`/images/${inline.image_id}`, { method: 'DELETE' });
      expect(gone.status).toBe(204);
      await expectProblem(await home.request(`/images/${inline.image_id}`), 'not_found');
    },
  );

  it('one that is too large for the scanner is rejected, and never served', async () => {
    const home = await open('tcp', 1000);
    const { image_id } = await uploaded(home, 'raw bytes', newPng(2000));
    await home.workOff();
    await expectUnserved(home, image_id, { status: 'rejected', rejection_reason: 'too_large_to_scan' });
  });
});

/** What a scanner does that is of no use. */
const FAILURES: readonly (readonly [string, (caller: Caller) => Promise<unknown>])[] = [
  ['cuts the connection before the bytes', async ({ socket }) => socket.destroy()],
  [
    'cuts the connection after the bytes',
    async (caller) => {
      await caller.object();
      caller.socket.destroy();
    },
  ],
  [
    'says something else',
    async (caller) => {
      await caller.object();
      caller.socket.end('stream: OK, I suppose\0');
    },
  ],
];

describe.each(DIVIDED_HOMES)('a scanner (%s)', (kind) => {
  const { bytes } = SMALL_IMAGES['image/jpeg'];

  /** A home with what behaves so in place of clamd; the first connection only asks whether it is there. */
  async function openWith(behave: (caller: Caller, nth: number) => Promise<unknown>) {
    let asked = 0;
    const fake = await startFakeClamd(async (caller) => {
      if (asked++ > 0) return behave(caller, asked - 1);
      await caller.command('zPING\0');
      return caller.socket.end('PONG\0');
    });
    onTestFinished(() => fake.stop());
    return openScannedHome(kind, fake.address);
  }

  it.each(FAILURES)(
    'that %s leaves the image unserved, with the reason, until it is asked again',
    async (_what, fail) => {
      const home = await openWith(async (caller, nth) => {
        if (nth === 1) return fail(caller);
        await caller.object();
        return caller.socket.end('stream: OK\0');
      });
      const { image_id } = await uploaded(home, 'raw bytes', bytes);
      await home.workOff();
      const waiting = { status: 'scanning', rejection_reason: 'scanner_unavailable' } as const;
      await expectUnserved(home, image_id, waiting);
      // The next try comes after a pause.
      await vi.waitFor(
        async () => {
          await home.workOff();
          await expectServed(home, image_id, bytes);
        },
        { timeout: 20_000, interval: 200 },
      );
    },
  );

  it('that hangs leaves the image unserved meanwhile', async () => {
    const { promise: arrived, resolve } = Promise.withResolvers<Caller>();
    const home = await openWith(async (caller) => {
      await caller.object();
      resolve(caller);
    });
    const { image_id } = await uploaded(home, 'raw bytes', bytes);
    const working = home.workOff();
    const caller = await arrived;
    await expectUnserved(home, image_id, { status: 'scanning', rejection_reason: null });
    caller.socket.destroy();
    await working;
    await expectUnserved(home, image_id, { status: 'scanning', rejection_reason: 'scanner_unavailable' });
  });

  it('that nobody can reach leaves the image unserved, and can be there later', async () => {
    const fake = await startFakeClamd(async (caller) => caller.socket.destroy());
    await fake.stop();
    const home = await openScannedHome(kind, fake.address);
    const { image_id } = await uploaded(home, 'raw bytes', bytes);
    await home.workOff();
    await expectUnserved(home, image_id, { status: 'scanning', rejection_reason: 'scanner_unavailable' });
  });

  it('finds nothing to do for an image that was deleted meanwhile', async () => {
    const home = await openWith(async () => {
      throw new Error('Nobody is to be asked.');
    });
    const { image_id } = await uploaded(home, 'raw bytes', bytes);
    expect((await home.request(`/images/${image_id}`, { method: 'DELETE' })).status).toBe(204);
    await home.workOff();
    await expectProblem(await home.request(`/images/${image_id}`), 'not_found');
  });
});
