import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { versionSchema } from '../../src/http/schemas.ts';
import { startUpload } from '../support/announced-uploads.ts';
import { expectEmpty, expectImage, expectProblem } from '../support/answers.ts';
import { DIVIDED_HOMES, NOTHING, type TestHome, useHome } from '../support/homes.ts';
import {
  bytesAt,
  idsIn,
  post,
  processed,
  processing,
  remove,
  replace,
  usage,
  viewed,
} from '../support/image-calls.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { newPng, upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

const versionList = z.strictObject({ items: z.array(versionSchema), count: z.int() });

async function versions(home: Home, image_id: string) {
  const response = await home.request(`/images/${image_id}/versions`);
  expect(response.status, await response.clone().text()).toBe(200);
  const { items, count } = versionList.parse(await response.json());
  expect(count).toBe(items.length);
  return items;
}

const numbers = async (home: Home, image_id: string) =>
  (await versions(home, image_id)).map(({ version }) => version);

const restore = (home: Home, image_id: string, version: number | string, ifMatch?: string) =>
  post(home, `/images/${image_id}/versions/${version}/restore`, ifMatch);

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Keys of original bytes alone. */
const originals = async (home: Home) =>
  (await home.stored()).objects.filter((key) => !key.startsWith('.renditions/'));

describe.each(DIVIDED_HOMES)('replace-image (%s)', (kind) => {
  const home = useHome(kind);

  it('gives the image other bytes, and keeps its id, its words and its place', async () => {
    const user_id = 'carol';
    const fields = { user_id, filename: 'a.png', title: 'A', description: 'Words', tags: ['one'] };
    const older = await upload(home, { user_id });
    const image = await upload(home, fields);
    const newer = await upload(home, { user_id });
    const { bytes, width, height } = SMALL_IMAGES['image/jpeg'];
    home.clock.advance(1000);
    const response = await replace(home, image.image_id, bytes);
    expect(response.headers.get('etag')).toBe('"2.1"');
    const changed = await expectImage(response);
    const { url, updated_at } = changed;
    expect(changed).toEqual({
      ...image,
      ...{ version: 2, content_type: 'image/jpeg', size_bytes: bytes.length, width, height },
      ...{ checksum_sha256: sha256(bytes), url, updated_at, url_expires_at: changed.url_expires_at },
    });
    expect(updated_at > image.updated_at).toBe(true);
    expect(url).not.toBe(image.url);
    expect(await viewed(home, image.image_id)).toEqual(changed);
    expect((await bytesAt(home, url)).equals(bytes)).toBe(true);
    const order = [newer, image, older].map(({ image_id }) => image_id);
    expect(await idsIn(home, `user_id=${user_id}`)).toEqual(order);
    expect(await idsIn(home, 'tag=one')).toEqual([image.image_id]);
    home.clock.release();
  });

  it('keeps what was there before, newest first, each with its own bytes', async () => {
    const all = [newPng(), newPng(500), SMALL_IMAGES['image/webp'].bytes];
    const [first = newPng(), ...rest] = all;
    const { image_id, url } = await upload(home, {}, first);
    for (const bytes of rest) await expectImage(await replace(home, image_id, bytes));
    const items = await versions(home, image_id);
    expect(items.map(({ version, is_current }) => [version, is_current])).toEqual([
      [3, true],
      [2, false],
      [1, false],
    ]);
    for (const [index, item] of items.entries()) {
      const bytes = all[2 - index] ?? first;
      expect(item).toMatchObject({ size_bytes: bytes.length, checksum_sha256: sha256(bytes) });
      const response = await home.follow(item.url ?? '');
      expect(response.headers.get('content-type')).toBe(item.content_type);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    }
    const times = items.map(({ accepted_at }) => accepted_at);
    expect(times).toEqual([...times].sort().reverse());
    expect((await bytesAt(home, url)).equals(first)).toBe(true);
  });

  it('If-Match: only what the caller has seen is replaced', async () => {
    const { image_id } = await upload(home);
    for (const stale of ['"1.2"', '"2.1"', 'W/"1.1"', '1.1', '']) {
      const answer = await replace(home, image_id, newPng(), { 'if-match': stale });
      await expectProblem(answer, 'precondition_failed');
    }
    for (const current of ['"1.1"', '*', '"9.9", "3.1"']) {
      await expectImage(await replace(home, image_id, newPng(), { 'if-match': current }));
    }
    expect(await numbers(home, image_id)).toEqual([4, 3, 2, 1]);
  });

  it('makes the renditions anew, and takes those of the bytes before away', async () => {
    const before = await processed(home, SMALL_IMAGES['image/png'].bytes, { user_id: 'dora' });
    await home.request(`/images/${before.image_id}/renditions?w=4&format=png`);
    const answer = await expectImage(await replace(home, before.image_id, SMALL_IMAGES['image/jpeg'].bytes));
    expect(answer).toMatchObject({ placeholder: null, renditions: {}, exif: null });
    if (kind === 'embedded') {
      expect((await home.follow(before.renditions.thumb?.url ?? '')).status).toBe(404);
    }
    const made = async () =>
      (await home.stored()).objects.filter((key) => key.startsWith(`.renditions/dora/${before.image_id}`));
    await home.workOff();
    const after = await viewed(home, before.image_id);
    expect(Object.keys(after.renditions)).toEqual(['thumb', 'small']);
    const prefix = `.renditions/dora/${before.image_id}.v2/`;
    expect((await made()).sort()).toEqual([`${prefix}small.webp`, `${prefix}thumb.webp`]);
    expect((await home.follow(before.renditions.thumb?.url ?? '')).status).toBe(404);
    expect((await bytesAt(home, after.renditions.thumb?.url)).length).toBeGreaterThan(0);
  });

  it('of what was rejected makes it an image again', async () => {
    const { image_id } = await processed(home, Buffer.from(newPng()));
    const broken = Buffer.from(SMALL_IMAGES['image/png'].bytes);
    broken.fill(0x55, broken.length - 60, broken.length - 30);
    await expectImage(await replace(home, image_id, broken));
    await home.workOff();
    expect(await viewed(home, image_id)).toMatchObject({ status: 'rejected', version: 2 });
    expect((await versions(home, image_id)).map(({ status, url }) => [status, url])).toEqual([
      ['rejected', null],
      ['ready', null],
    ]);
    await expectImage(await replace(home, image_id, newPng()));
    await home.workOff();
    const image = await viewed(home, image_id);
    expect(image).toMatchObject({ status: 'ready', version: 3, rejection_reason: null });
    const [, rejected, first] = await versions(home, image_id);
    expect([rejected?.url === null, first?.url === null]).toEqual([true, false]);
    await expectProblem(await restore(home, image_id, 2), 'conflict');
    await expectImage(await restore(home, image_id, 1));
  });
});

describe.each(DIVIDED_HOMES)('what replace-image refuses (%s)', (kind) => {
  const home = useHome(kind, { config: { maxImageBytes: 5000 } });
  const user_id = 'erin';

  it('leaves nothing, and the image as it is', async () => {
    const image = await upload(home, { user_id });
    const { image_id } = image;
    const before = await home.stored();
    const room = await usage(home, user_id);
    const digest = { 'content-digest': `sha-256=:${Buffer.alloc(32).toString('base64')}:` };
    const plain = { 'content-type': 'text/plain' };
    await expectProblem(await replace(home, image_id, newPng(), plain), 'unsupported_media_type');
    await expectProblem(await replace(home, image_id, Buffer.from('<svg/>')), 'unsupported_media_type');
    await expectProblem(await replace(home, image_id, newPng(6000)), 'payload_too_large');
    await expectProblem(await replace(home, image_id, newPng(), digest), 'invalid_request');
    const png = { 'content-type': 'image/png' };
    const init = { method: 'PUT', headers: png, body: new Uint8Array(newPng()) };
    const path = `/images/${image_id}/content?title=x`;
    await expectProblem(await home.request(path, init), 'invalid_request', 'title');
    const empty = await replace(home, image_id, Buffer.alloc(0));
    expect([400, 415, 422]).toContain(empty.status);
    await expectProblem(await replace(home, v7(), newPng()), 'not_found');
    await expectProblem(await replace(home, 'no-id', newPng()), 'not_found');
    await expectProblem(await replace(home, image_id, newPng().subarray(0, 20)), 'unprocessable_image');
    expect(await home.stored()).toEqual(before);
    expect(await usage(home, user_id)).toEqual(room);
    expect(await viewed(home, image_id)).toEqual(image);
  });

  it('is also an upload that is under way', async () => {
    const { image } = await startUpload(home, newPng(), { user_id: 'pending', content_type: 'image/png' });
    await expectProblem(await replace(home, image.image_id, newPng()), 'conflict');
    expect((await restore(home, image.image_id, 1)).status).toBe(409);
    expect(await usage(home, 'pending')).toMatchObject({ images: 1, bytes: image.size_bytes });
  });

  it('is what the quota has no room for', async () => {
    const limits = { max_images: 1, max_bytes: 1000 };
    await home.context.deps.quotas.setLimits('full', limits);
    const { image_id } = await upload(home, { user_id: 'full' }, newPng(400));
    await expectImage(await replace(home, image_id, newPng(600)));
    await expectProblem(await replace(home, image_id, newPng(200)), 'quota_exceeded');
    expect(await usage(home, 'full')).toEqual({ images: 1, bytes: 1000 });
    expect(await numbers(home, image_id)).toEqual([2, 1]);
    await expectImage(await restore(home, image_id, 1));
    expect(await usage(home, 'full')).toEqual({ images: 1, bytes: 1000 });
  });
});

describe.each(DIVIDED_HOMES)('restore-version (%s)', (kind) => {
  const home = useHome(kind);

  it('makes former bytes the current ones, as a version more, and can be undone', async () => {
    const [a, b] = [newPng(), newPng(700)];
    const { image_id, upload_time } = await upload(home, { user_id: 'fay' }, a);
    await replace(home, image_id, b);
    const response = await restore(home, image_id, 1);
    expect(response.headers.get('etag')).toBe('"3.1"');
    const restored = await expectImage(response);
    expect(restored).toMatchObject({ version: 3, checksum_sha256: sha256(a), upload_time, renditions: {} });
    expect((await bytesAt(home, restored.url)).equals(a)).toBe(true);
    await home.workOff();
    expect(Object.keys((await viewed(home, image_id)).renditions)).toEqual(['thumb', 'small']);
    const back = await expectImage(await restore(home, image_id, 2));
    expect((await bytesAt(home, back.url)).equals(b)).toBe(true);
    expect(await numbers(home, image_id)).toEqual([4, 3, 2, 1]);
    expect(await usage(home, 'fay')).toEqual({ images: 1, bytes: a.length + b.length });
    const again = await expectImage(await restore(home, image_id, 3));
    expect(again).toMatchObject({ version: 5, checksum_sha256: sha256(a) });
    await home.workOff();
    for (const { url, checksum_sha256 } of await versions(home, image_id)) {
      expect(sha256(await bytesAt(home, url))).toBe(checksum_sha256);
    }
    expect(await usage(home, 'fay')).toEqual({ images: 1, bytes: a.length + b.length });
  });

  it('of what is not there, is current, or has changed, is refused', async () => {
    const { image_id } = await upload(home);
    await replace(home, image_id, newPng());
    await expectProblem(await restore(home, image_id, 3), 'not_found');
    await expectProblem(await restore(home, image_id, 2), 'conflict');
    await expectProblem(await restore(home, v7(), 1), 'not_found');
    await expectProblem(await restore(home, image_id, 1, '"1.1"'), 'precondition_failed');
    for (const version of ['0', '01', '-1', '1.0', 'x', '99999999999999999999']) {
      await expectProblem(await restore(home, image_id, version), 'invalid_request', 'version');
    }
    await expectProblem(
      await post(home, `/images/${image_id}/versions/1/restore?x=1`),
      'invalid_request',
      'x',
    );
    await expectImage(await restore(home, image_id, 1, '"2.1"'));
  });
});

describe.each(DIVIDED_HOMES)('at the same time (%s)', (kind) => {
  const home = useHome(kind);

  it('two replacements are both made, or one of them is refused, and nothing is left over', async () => {
    for (let round = 0; round < 5; round++) {
      const { image_id, size_bytes } = await upload(home, { user_id: 'gus' });
      const sent = [newPng(300), newPng(400)];
      const answers = await Promise.all(sent.map((bytes) => replace(home, image_id, bytes)));
      for (const { status } of answers) expect([200, 409]).toContain(status);
      const made = answers.flatMap(({ status }, index) => (status === 200 ? (sent[index] ?? []) : []));
      expect(made.length).toBeGreaterThan(0);
      await home.workOff();
      const bytes = made.reduce((sum, { length }) => sum + length, size_bytes);
      expect(await usage(home, 'gus')).toEqual({ images: 1, bytes });
      expect((await originals(home)).length).toBe(1 + made.length);
      const items = await versions(home, image_id);
      expect(items.length).toBe(1 + made.length);
      for (const { url, checksum_sha256 } of items) {
        expect(sha256(await bytesAt(home, url))).toBe(checksum_sha256);
      }
      await expectEmpty(await remove(home, image_id), 204);
      await home.workOff();
      expect(await home.stored()).toEqual(NOTHING);
      expect(await usage(home, 'gus')).toEqual({ images: 0, bytes: 0 });
    }
  });
});

describe.each(DIVIDED_HOMES.flatMap((kind) => [0, 1, 2].map((keep) => [kind, keep] as const)))(
  'versions that are kept (%s, %d)',
  (kind, keepVersions) => {
    const home = useHome(kind, { config: processing({ keepVersions }) });

    it('are so many, the oldest goes with its bytes and its room, and all with the image', async () => {
      const user_id = 'hal';
      const sizes = [300, 400, 500, 600];
      const { image_id } = await upload(home, { user_id }, newPng(sizes[0]));
      for (const [index, size] of sizes.entries()) {
        if (index > 0) await expectImage(await replace(home, image_id, newPng(size)));
        const kept = sizes.slice(0, index + 1).slice(-(keepVersions + 1));
        const bytes = kept.reduce((sum, each) => sum + each);
        expect(await usage(home, user_id)).toEqual({ images: 1, bytes });
        expect(await numbers(home, image_id)).toEqual(kept.map((_, at) => index + 1 - at));
        await home.workOff();
        expect((await originals(home)).length).toBe(kept.length);
        for (const { url, size_bytes } of await versions(home, image_id)) {
          expect((await bytesAt(home, url)).length).toBe(size_bytes);
        }
      }
      await expectProblem(await restore(home, image_id, 1), 'not_found');
      await expectEmpty(await remove(home, image_id), 204);
      await expectProblem(await home.request(`/images/${image_id}/versions`), 'not_found');
      await home.workOff();
      expect(await home.stored()).toEqual(NOTHING);
      expect(await usage(home, user_id)).toEqual({ images: 0, bytes: 0 });
    });
  },
);
