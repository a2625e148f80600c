import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { sweepUploads } from '../../src/operations/background/sweep-uploads.ts';
import {
  announce,
  complete,
  fetched,
  putPart,
  type Started,
  sendUpload,
  startUpload,
  uploadsLeft,
} from '../support/announced-uploads.ts';
import { expectImage, expectProblem, type Image } from '../support/answers.ts';
import { DIVIDED_HOMES, NOTHING, useHome } from '../support/homes.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

const JPEG = SMALL_IMAGES['image/jpeg'].bytes;
const PNG = SMALL_IMAGES['image/png'].bytes;

describe.each(DIVIDED_HOMES)('an announced upload (%s)', (kind) => {
  const home = useHome(kind);
  const view = async ({ image }: Started) => expectImage(await home.request(`/images/${image.image_id}`));
  const list = async (query: string) =>
    ((await (await home.request(`/images?${query}`)).json()) as { items: Image[] }).items;

  it.each(['post', 'put'])(
    'by %s: announced, sent to the store, completed, and then an image as any other',
    async (method) => {
      const fields = { title: 'Osprey', tags: ['Bird'], filename: 'osprey.jpg', description: 'At dusk' };
      const started = await startUpload(home, JPEG, { method, ...fields });
      expect((await sendUpload(home, started, JPEG)).ok).toBe(true);
      expect(await view(started)).toMatchObject({ status: 'pending' });
      const image = await expectImage(await complete(home, started));
      expect(image).toMatchObject({ ...fields, tags: ['bird'], status: 'ready', content_type: 'image/jpeg' });
      expect(image.width).toBeGreaterThan(0);
      expect((await fetched(home, image.url)).equals(JPEG)).toBe(true);
      const ids = (await list('user_id=alice&tag=bird')).map(({ image_id }) => image_id);
      expect(ids).toContain(image.image_id);
    },
  );

  it('completed again answers alike, also many times at once', async () => {
    const started = await startUpload(home, JPEG);
    await sendUpload(home, started, JPEG);
    const answers = await Promise.all(Array.from({ length: 5 }, () => complete(home, started)));
    const images = await Promise.all(answers.map((answer) => expectImage(answer)));
    expect(new Set(images.map(({ upload_time }) => upload_time)).size).toBe(1);
    expect(await expectImage(await complete(home, started))).toEqual(images[0]);
  });

  it('is in no list while it is pending, but in that of pending ones', async () => {
    const user_id = 'waiting';
    const started = await startUpload(home, JPEG, { user_id });
    const { image_id } = started.image;
    expect(await list(`user_id=${user_id}`)).toEqual([]);
    expect(await list(`user_id=${user_id}&status=pending`)).toMatchObject([{ image_id, status: 'pending' }]);
    expect(await list(`user_id=${user_id}&status=rejected`)).toEqual([]);
    await sendUpload(home, started, JPEG);
    await complete(home, started);
    expect(await list(`user_id=${user_id}&status=pending`)).toEqual([]);
    expect(await list(`user_id=${user_id}`)).toMatchObject([{ image_id, status: 'ready' }]);
  });

  it('cannot be completed before its bytes are there, and has no content', async () => {
    const started = await startUpload(home, JPEG);
    await expectProblem(await complete(home, started), 'conflict');
    await expectProblem(await home.request(`/images/${started.image.image_id}/content`), 'not_ready');
    await expectProblem(await home.request(`/images/${v7()}/complete`, { method: 'POST' }), 'not_found');
  });

  it.each(['post', 'put'])('by %s: the store refuses another size', async (method) => {
    const started = await startUpload(home, JPEG, { method });
    for (const bytes of [JPEG.subarray(0, -1), Buffer.concat([JPEG, Buffer.from('x')])]) {
      expect((await sendUpload(home, started, bytes)).status).toBeGreaterThanOrEqual(400);
    }
    await expectProblem(await complete(home, started), 'conflict');
  });

  it.each(['post', 'put'])(
    'by %s: other bytes than those of the checksum are refused by the store',
    async (method) => {
      const started = await startUpload(home, JPEG, { method, checksum_sha256: '0'.repeat(64) });
      expect((await sendUpload(home, started, JPEG)).status).toBeGreaterThanOrEqual(400);
      await expectProblem(await complete(home, started), 'conflict');
    },
  );

  it('of another type than was announced is refused at its completion, and leaves nothing', async () => {
    const started = await startUpload(home, PNG);
    await sendUpload(home, started, PNG);
    await expectProblem(await complete(home, started), 'unsupported_media_type');
    await expectProblem(await home.request(`/images/${started.image.image_id}`), 'not_found');
    expect(await uploadsLeft(home, started)).toEqual([]);
  });

  it('of what is no image is refused at its completion', async () => {
    const bytes = Buffer.from('this is no image at all');
    const started = await startUpload(home, bytes);
    await sendUpload(home, started, bytes);
    expect([415, 422]).toContain((await complete(home, started)).status);
    await expectProblem(await home.request(`/images/${started.image.image_id}`), 'not_found');
  });

  it('in parts: out of order, after a break, by fresh URLs', async () => {
    const bytes = Buffer.concat([JPEG, Buffer.alloc(20 * 1024 * 1024, 7)]);
    const started = await startUpload(home, bytes, { method: 'parts' });
    const { parts } = started.upload;
    expect(parts.map(({ number }) => number)).toEqual([1, 2, 3]);
    const last = parts.at(-1);
    if (!last) throw new Error('There are no parts.');
    expect((await putPart(home, started, bytes, last)).status).toBe(200);
    await expectProblem(await complete(home, started), 'conflict');
    const listed = await home.request(`/images/${started.image.image_id}/parts`);
    const rest = (await listed.json()) as Started['upload'] & { arrived: unknown[] };
    expect(rest.arrived).toEqual([{ number: 3, size_bytes: last.size_bytes }]);
    expect(rest.parts.map(({ number }) => number)).toEqual([1, 2]);
    for (const part of rest.parts) expect((await putPart(home, started, bytes, part)).status).toBe(200);
    const image = await expectImage(await complete(home, started));
    expect(image).toMatchObject({ size_bytes: bytes.length, status: 'ready' });
    expect((await fetched(home, image.url)).equals(bytes)).toBe(true);
    await expectProblem(await home.request(`/images/${started.image.image_id}/parts`), 'conflict');
  });

  it('whose title changes while its bytes are on their way keeps the change', async () => {
    const started = await startUpload(home, JPEG, { title: 'Before' });
    await home.request(`/images/${started.image.image_id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"title":"After"}',
    });
    await sendUpload(home, started, JPEG);
    expect(await expectImage(await complete(home, started))).toMatchObject({
      title: 'After',
      status: 'ready',
    });
  });

  it('whose client never comes back is completed by the sweep, when it has waited for it', async () => {
    const started = await startUpload(home, JPEG);
    await sendUpload(home, started, JPEG);
    await sweepUploads(home.context.deps);
    expect(await view(started)).toMatchObject({ status: 'pending' });
    home.clock.advance(120_000);
    await sweepUploads(home.context.deps);
    expect(await view(started)).toMatchObject({ status: 'ready' });
  });

  it('that is deleted is gone, and what arrives afterwards is removed', async () => {
    const started = await startUpload(home, JPEG);
    const deleted = await home.request(`/images/${started.image.image_id}`, { method: 'DELETE' });
    expect(deleted.status).toBe(204);
    await sendUpload(home, started, JPEG);
    await expectProblem(await complete(home, started), 'not_found');
    home.clock.advance(120_000);
    await sweepUploads(home.context.deps);
    expect(await uploadsLeft(home, started)).toEqual([]);
  });

  it('that has expired cannot be completed, and its record, bytes and room go', async () => {
    const user_id = 'late';
    const started = await startUpload(home, JPEG, { user_id });
    await sendUpload(home, started, JPEG);
    home.clock.advance(2 * 3600_000);
    await expectProblem(await complete(home, started), 'conflict');
    await sweepUploads(home.context.deps);
    await expectProblem(await home.request(`/images/${started.image.image_id}`), 'not_found');
    expect(await home.context.deps.quotas.usageOf(user_id)).toMatchObject({ images: 0, bytes: 0 });
    expect(await uploadsLeft(home, started)).toEqual([]);
  });

  it('counts against the quota from its announcement', async () => {
    await startUpload(home, JPEG, { user_id: 'counted', size_bytes: 1000 });
    expect(await home.context.deps.quotas.usageOf('counted')).toMatchObject({ images: 1, bytes: 1000 });
  });

  it.each([
    ['size_bytes', { size_bytes: 0 }],
    ['size_bytes', { size_bytes: 1.5 }],
    ['content_type', { content_type: 'image/tiff' }],
    ['method', { method: 'patch' }],
    ['checksum_sha256', { checksum_sha256: 'abc' }],
    ['user_id', { user_id: '' }],
    ['color', { color: 'red' }],
  ])('is refused with 400 that names %s: %j', async (field, differing) => {
    const problem = await expectProblem(await announce(home, JPEG, differing), 'invalid_request');
    expect(problem.errors?.map((error) => error.field)).toContain(field);
  });

  it('of more bytes than an image may have is refused with 413', async () => {
    const response = await announce(home, JPEG, { size_bytes: 60_000_000 });
    await expectProblem(response, 'payload_too_large');
  });
});

describe.each(DIVIDED_HOMES)('refusals of announced uploads (%s)', (kind) => {
  const home = useHome(kind);

  it('leave nothing', async () => {
    const started = await startUpload(home, PNG);
    await sendUpload(home, started, PNG);
    await complete(home, started);
    await announce(home, JPEG, { size_bytes: -1 });
    expect(await home.stored()).toEqual(NOTHING);
    expect(await uploadsLeft(home, started)).toEqual([]);
  });
});
