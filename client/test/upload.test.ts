import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { onlyWhenLarge } from '../../service/test/support/large.ts';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { scratchFolder } from '../../service/test/support/scratch-folder.ts';
import { SMALL_IMAGES } from '../../service/test/support/small-images.ts';
import type { UploadProgress } from '../src/index.ts';
import {
  answerBroken,
  answerLost,
  neverSent,
  refusedWith,
  type TestClient,
  testClient,
} from './support/test-client.ts';

const MiB = 1024 * 1024;
const server = useServer();
let seed = 100;
const image = (size?: number) => png({ seed: ++seed, ...(size === undefined ? {} : { size }) });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A user of the test's own, so that what is there can be counted. */
let users = 0;
const newUser = () => `user-${++users}`;

async function imagesOf({ tintype }: TestClient, user_id: string): Promise<number> {
  const pending = await tintype.listPage({ user_id, status: 'pending' });
  return (await tintype.listPage({ user_id })).count + pending.count;
}

const sent = ({ requests }: TestClient, pattern: RegExp) =>
  requests.filter(({ method, target }) => pattern.test(`${method} ${target}`));

const INLINE = /^POST \/images\/upload\?/;
const START = /^POST \/images\/uploads$/;
const BYTES = /^PUT \/objects\//;
const COMPLETE = /\/complete$/;
const PARTS = /\/parts$/;

const WAYS = [
  { way: 'inline', size: 200_000, step: INLINE },
  { way: 'in one piece to the store', size: 4 * MiB + 1, step: BYTES },
  { way: 'in parts', size: 16 * MiB + 1, step: BYTES },
] as const;

describe('an upload', () => {
  test.each(WAYS)(
    '$way is refused where its bytes are not those that were said, and leaves no image',
    async ({ size }) => {
      const client = testClient({ url: server.url });
      const user_id = newUser();
      const options = { user_id, checksum_sha256: sha256(image(size)), idempotencyKey: user_id };
      await expect(client.tintype.upload(image(size), options)).rejects.toMatchObject({ status: 400 });
      expect((await client.tintype.listPage({ user_id })).count).toBe(0);
    },
  );

  test.each(WAYS)(
    'of $size bytes goes $way, and is told of from nothing to its end',
    async ({ way, size }) => {
      const client = testClient({ url: server.url });
      const bytes = image(size);
      const told: UploadProgress[] = [];
      const stored = await client.tintype.upload(new File([bytes], 'osprey.png', { type: 'image/png' }), {
        user_id: newUser(),
        tags: ['bird'],
        title: 'Osprey',
        onProgress: (progress) => told.push(progress),
      });
      expect(stored).toMatchObject({
        status: 'ready',
        checksum_sha256: sha256(bytes),
        filename: 'osprey.png',
        title: 'Osprey',
        tags: ['bird'],
      });
      expect(sent(client, INLINE)).toHaveLength(way === 'inline' ? 1 : 0);
      expect(sent(client, BYTES)).toHaveLength(way === 'inline' ? 0 : way === 'in parts' ? 3 : 1);
      expect(told.at(0)).toEqual({ sent: 0, total: size });
      expect(told.at(-1)).toEqual({ sent: size, total: size });
      expect(told.map(({ sent }) => sent)).toEqual(told.map(({ sent }) => sent).sort((a, b) => a - b));
    },
  );

  test.each(WAYS)('$way makes nothing twice when an answer is lost', async ({ size, step }) => {
    const client = testClient({ url: server.url });
    const user_id = newUser();
    for (const pattern of new Set([step, START, COMPLETE])) client.meets(pattern, answerLost);
    const bytes = image(size);
    const stored = await client.tintype.upload(bytes, { user_id });
    expect(stored).toMatchObject({ status: 'ready', checksum_sha256: sha256(bytes) });
    expect(await imagesOf(client, user_id)).toBe(1);
    expect(client.waits).toHaveLength(size > 4 * MiB ? 3 : 1);
  });

  test.each([
    ['a request that does not arrive', neverSent],
    ['an answer that breaks off', answerBroken],
    ['408', refusedWith(408, 'timeout')],
    ['500', refusedWith(500, 'internal')],
    [
      'bytes that were too slow for S3',
      async () => new Response('<Error><Code>RequestTimeout</Code></Error>', { status: 400 }),
    ],
    ['a proxy without its service', async () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
  ])('is tried again after %s', async (_what, fault) => {
    const client = testClient({ url: server.url });
    client.meets(INLINE, fault, fault);
    const user_id = newUser();
    expect(await client.tintype.upload(image(), { user_id })).toMatchObject({ status: 'ready' });
    expect(await imagesOf(client, user_id)).toBe(1);
    const keys = sent(client, INLINE).map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(client.waits[1]).toBeGreaterThan(client.waits[0] ?? Number.POSITIVE_INFINITY);
  });

  test.each([
    ['429', refusedWith(429, 'rate_limited', { 'retry-after': '7' })],
    ['503', refusedWith(503, 'unavailable', { 'retry-after': '7' })],
    ['an earlier try that is still under way', refusedWith(409, 'conflict', { 'retry-after': '7' })],
  ])('waits as long as it is told to after %s', async (_what, fault) => {
    const client = testClient({ url: server.url });
    client.meets(INLINE, fault);
    await client.tintype.upload(image(), { user_id: newUser() });
    expect(client.waits).toEqual([7000]);
  });

  test('waits until the date that it is told', async () => {
    const client = testClient({ url: server.url });
    const date = new Date(Date.now() + 60_000).toUTCString();
    client.meets(INLINE, refusedWith(503, 'unavailable', { 'retry-after': date }));
    await client.tintype.upload(image(), { user_id: newUser() });
    expect(client.waits[0]).toBeGreaterThan(30_000);
    expect(client.waits[0]).toBeLessThanOrEqual(60_000);
  });

  test('outlasts the lease of a try that was cut off', async () => {
    const client = testClient({ url: server.url });
    const inFlight = refusedWith(409, 'conflict', { 'retry-after': '5' });
    client.meets(INLINE, ...Array.from({ length: 13 }, () => inFlight));
    expect(await client.tintype.upload(image(), { user_id: newUser() })).toMatchObject({ status: 'ready' });
  });

  test.each([
    ['a wait of hours', 503, 'unavailable', { 'retry-after': '7200' }],
    ['a quota', 429, 'quota_exceeded', {}],
    ['a full disk', 507, 'insufficient_storage', {}],
    ['what is not configured', 501, 'not_configured', {}],
    ['a conflict that no waiting mends', 409, 'conflict', {}],
    ['a key that is another request’s', 422, 'idempotency_key_reused', {}],
  ])('is not tried again after %s', async (_what, status, code, headers) => {
    const client = testClient({ url: server.url });
    client.meets(INLINE, refusedWith(status, code, headers as Record<string, string>));
    await expect(client.tintype.upload(image(), { user_id: newUser() })).rejects.toMatchObject({
      name: 'TintypeError',
      code,
      status,
      request_id: 'r-1',
    });
    expect(client.waits).toEqual([]);
  });

  test('gives up in the end, and says what the last try failed with', async () => {
    const client = testClient({ url: server.url });
    const busy = refusedWith(503, 'unavailable', { 'retry-after': '2' });
    client.meets(INLINE, ...Array.from({ length: 100 }, () => busy));
    const failing = client.tintype.upload(image(), { user_id: newUser() });
    await expect(failing).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
    expect(client.waits).toHaveLength(5);
  });

  test('that is too large for a request goes to the store', async () => {
    const client = testClient({ url: server.url });
    client.meets(INLINE, refusedWith(413, 'payload_too_large'));
    expect(await client.tintype.upload(image(), { user_id: newUser() })).toMatchObject({ status: 'ready' });
    expect(sent(client, BYTES)).toHaveLength(1);
  });

  test('with a long description goes to the store, since URLs end sooner', async () => {
    const client = testClient({ url: server.url });
    const description = '鳥'.repeat(2000);
    const stored = await client.tintype.upload(image(), { user_id: newUser(), description });
    expect(stored.description).toBe(description);
    expect(sent(client, BYTES)).toHaveLength(1);
  });

  test('of a file on disk sends it piece by piece', async () => {
    const client = testClient({ url: server.url });
    await using folder = await scratchFolder();
    const path = join(folder.path, 'large.png');
    const bytes = image(16 * MiB + 1);
    await writeFile(path, bytes);
    const stored = await client.tintype.upload(await openAsBlob(path), { user_id: newUser() });
    expect(stored.checksum_sha256).toBe(sha256(bytes));
    expect(sent(client, BYTES)).toHaveLength(3);
  });

  test('of bytes that are no image is refused', async () => {
    const { tintype } = testClient({ url: server.url });
    const text = new TextEncoder().encode('not an image');
    await expect(tintype.upload(text, { user_id: newUser() })).rejects.toMatchObject({
      code: 'unsupported_media_type',
      status: 415,
    });
  });

  test.each(Object.entries(SMALL_IMAGES))(
    'finds out by itself that bytes are %s',
    async (type, { bytes }) => {
      const client = testClient({ url: server.url });
      client.meets(INLINE, refusedWith(413, 'payload_too_large'));
      const stored = await client.tintype.upload(new Blob([new Uint8Array(bytes)], { type: 'image/tiff' }), {
        user_id: newUser(),
      });
      expect(stored.content_type).toBe(type);
    },
  );

  test('under a key that has been used gives the image that was made', async () => {
    for (const { size } of WAYS) {
      const client = testClient({ url: server.url });
      const options = { user_id: newUser(), idempotencyKey: `key-${size}` };
      const bytes = image(size);
      const first = await client.tintype.upload(bytes, options);
      const puts = sent(client, BYTES).length;
      const again = await client.tintype.upload(bytes, options);
      expect(again.image_id).toBe(first.image_id);
      expect(sent(client, BYTES)).toHaveLength(puts);
      expect(await imagesOf(client, options.user_id)).toBe(1);
    }
  });
});

describe('an upload in parts', () => {
  const SIZE = 33 * MiB;
  const bytes = png({ size: SIZE });
  // Three parts, again and again: what is sent so by the tests above is in every run.
  beforeEach(onlyWhenLarge);

  test('is taken up again where a part is broken, and only what is missing is sent again', async () => {
    const client = testClient({ url: server.url });
    client.meets(/part-number=3/, ...Array.from({ length: 6 }, () => neverSent));
    const told: number[] = [];
    const stored = await client.tintype.upload(bytes, {
      user_id: newUser(),
      onProgress: ({ sent: bytesSent }) => told.push(bytesSent),
    });
    expect(stored.checksum_sha256).toBe(sha256(bytes));
    expect(sent(client, PARTS)).toHaveLength(1);
    expect(sent(client, /part-number=3/)).toHaveLength(7);
    expect(sent(client, /part-number=1/)).toHaveLength(1);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(SIZE);
  });

  test('asks for fresh URLs when its own have ended', async () => {
    const client = testClient({ url: server.url });
    const ended = async () => new Response('<Error><Code>AccessDenied</Code></Error>', { status: 403 });
    client.meets(BYTES, ended, ended);
    expect(await client.tintype.upload(bytes, { user_id: newUser() })).toMatchObject({
      checksum_sha256: sha256(bytes),
    });
    expect(sent(client, PARTS)).toHaveLength(1);
  });

  test('sends again what the store has lost', async () => {
    const client = testClient({ url: server.url });
    client.meets(/part-number=2/, async () => new Response(null, { status: 200 }));
    expect(await client.tintype.upload(bytes, { user_id: newUser() })).toMatchObject({
      checksum_sha256: sha256(bytes),
    });
    expect(sent(client, COMPLETE)).toHaveLength(2);
  });

  test('gives up where a part never arrives, and takes its announcement back', async () => {
    const client = testClient({ url: server.url });
    client.meets(/part-number=2/, ...Array.from({ length: 100 }, () => refusedWith(403, 'forbidden')));
    const user_id = newUser();
    const discarded = client.sees(/^DELETE /);
    await expect(client.tintype.upload(bytes, { user_id })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await discarded;
    expect(await imagesOf(client, user_id)).toBe(0);
  });

  test('sends four at a time', async () => {
    const client = testClient({ url: server.url });
    let now = 0;
    let most = 0;
    const watched = async (pass: () => Promise<Response>) => {
      most = Math.max(most, ++now);
      const answer = await pass();
      now--;
      return answer;
    };
    client.meets(BYTES, ...Array.from({ length: 5 }, () => watched));
    await client.tintype.upload(bytes, { user_id: newUser() });
    expect(most).toBe(4);
  });

  test('can be stopped under a key of its own, and taken up again later', async () => {
    const client = testClient({ url: server.url });
    const stopping = new AbortController();
    client.meets(/part-number=5/, async () => {
      stopping.abort();
      throw stopping.signal.reason;
    });
    const options = { user_id: newUser(), idempotencyKey: 'to-be-taken-up' };
    const stopped = client.tintype.upload(bytes, { ...options, signal: stopping.signal });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    const { items } = await client.tintype.listPage({ user_id: options.user_id, status: 'pending' });
    const partsSent = () =>
      sent(client, BYTES).map(({ target }) => Number(/part-number=(\d+)/.exec(target)?.[1]));
    const before = partsSent().length;
    const { arrived } = await client.tintype.listParts(items[0]?.image_id ?? '');
    const stored = await client.tintype.upload(bytes, options);
    expect(stored).toMatchObject({ image_id: items[0]?.image_id, checksum_sha256: sha256(bytes) });
    const again = partsSent().slice(before);
    // One that was on its way when the upload was stopped may arrive after that.
    expect(again).toContain(5);
    expect(new Set([...arrived.map(({ number }) => number), ...again]).size).toBe(
      arrived.length + again.length,
    );
  });
});

describe('an upload that is stopped', () => {
  test.each(WAYS)('$way rejects with the reason, and leaves nothing', async ({ step, size }) => {
    const client = testClient({ url: server.url });
    const stopping = new AbortController();
    const reason = new Error('The user has changed their mind.');
    const discarded = size > 4 * MiB ? client.sees(/^DELETE /) : undefined;
    client.meets(step, async (pass) => {
      const answer = pass();
      stopping.abort(reason);
      return answer;
    });
    const user_id = newUser();
    const stopped = client.tintype.upload(image(size), { user_id, signal: stopping.signal });
    await expect(stopped).rejects.toBe(reason);
    await discarded;
    if (discarded) expect(await imagesOf(client, user_id)).toBe(0);
  });

  test('while it waits for its next try does not try again', async () => {
    const stopping = new AbortController();
    const client = testClient(
      { url: server.url },
      {
        wait: async (_milliseconds, signal) => {
          stopping.abort();
          signal?.throwIfAborted();
        },
      },
    );
    client.meets(INLINE, neverSent);
    const stopped = client.tintype.upload(image(), { user_id: newUser(), signal: stopping.signal });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(sent(client, INLINE)).toHaveLength(1);
  });

  test('before it has begun sends nothing', async () => {
    const client = testClient({ url: server.url });
    const stopped = client.tintype.upload(image(), { user_id: newUser(), signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(client.requests).toEqual([]);
  });
});
