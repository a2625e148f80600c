import { v7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { parseClamdAddress } from '../../src/domain/clamd-address.ts';
import { sendUpload, startUpload, uploadsLeft } from '../support/announced-uploads.ts';
import { expectEmpty, expectProblem } from '../support/answers.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { idsIn, processed, processing, remove, replace, usage } from '../support/image-calls.ts';
import { quarters } from '../support/made-images.ts';
import { png } from '../support/png.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { put } from '../support/stored-bytes.ts';
import { newPng, upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

function bulkDelete(home: Home, body: unknown, query = ''): Promise<Response> {
  return home.request(`/images/bulk-delete${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

async function outcomes(response: Response) {
  expect(response.status, await response.clone().text()).toBe(200);
  const { items, count } = (await response.json()) as {
    items: { image_id: string; status: number; code?: string; error?: string }[];
    count: number;
  };
  expect(count).toBe(items.length);
  for (const { status, code, error } of items) {
    expect([code === undefined, error === undefined]).toEqual([status === 204, status === 204]);
  }
  return items.map(({ image_id, status, code }) => [image_id, status, code]);
}

describe.each(DIVIDED_HOMES)('delete-images (%s)', (kind) => {
  const home = useHome(kind);

  it('answers for each image by itself, in the order asked, each once', async () => {
    const [first, second, kept] = [await upload(home), await upload(home), await upload(home)];
    const missing = v7();
    const image_ids = [first.image_id, missing, 'no-id', second.image_id, first.image_id, ''];
    expect(await outcomes(await bulkDelete(home, { image_ids }))).toEqual([
      [first.image_id, 204, undefined],
      [missing, 404, 'not_found'],
      ['no-id', 404, 'not_found'],
      [second.image_id, 204, undefined],
      ['', 404, 'not_found'],
    ]);
    expect(await idsIn(home, 'user_id=alice')).toEqual([kept.image_id]);
    expect((await usage(home, 'alice')).images).toBe(1);
    await home.workOff();
    const { objects } = await home.stored();
    expect(objects.filter((key) => key.includes(first.image_id) || key.includes(second.image_id))).toEqual(
      [],
    );
  });

  it('takes a hundred at once', async () => {
    const { image_id } = await upload(home, { user_id: 'hundred' });
    const image_ids = [...Array.from({ length: 99 }, () => v7()), image_id];
    const answers = await outcomes(await bulkDelete(home, { image_ids }));
    expect(answers.map(([, status]) => status)).toEqual([...Array.from({ length: 99 }, () => 404), 204]);
  });

  it.each([
    ['101 ids', { image_ids: Array.from({ length: 101 }, () => v7()) }, 'image_ids'],
    ['none', { image_ids: [] }, 'image_ids'],
    ['nothing', {}, 'image_ids'],
    ['a text', { image_ids: v7() }, 'image_ids'],
    ['numbers', { image_ids: [1] }, 'image_ids.0'],
    ['an unknown field', { image_ids: [v7()], force: true }, 'force'],
    ['a word for true', { image_ids: [v7()], permanent: 'true' }, 'permanent'],
    ['broken JSON', '{"image_ids":', 'body'],
  ])('%s is refused, names the field and deletes nothing', async (_what, body, field) => {
    const { image_id } = await upload(home, { user_id: 'refused' });
    await expectProblem(await bulkDelete(home, body), 'invalid_request', field);
    expect(await idsIn(home, 'user_id=refused')).toContain(image_id);
  });

  it('takes no parameters', async () => {
    await expectProblem(await bulkDelete(home, { image_ids: [v7()] }, '?x=1'), 'invalid_request', 'x');
  });
});

describe.each(DIVIDED_HOMES)('delete-images with a trash (%s)', (kind) => {
  const home = useHome(kind, { config: processing({ trashDays: 1 }) });
  const trash = 'deleted=true&user_id=alice';

  it('moves to it, or past it, or out of it', async () => {
    const [a, b, c] = [await upload(home), await upload(home), await upload(home)];
    const ids = [a, b, c].map(({ image_id }) => image_id);
    const started = await startUpload(home, newPng(), { content_type: 'image/png' });
    const first = [a.image_id, b.image_id, started.image.image_id];
    const answers = await outcomes(await bulkDelete(home, { image_ids: first }));
    expect(answers.map(([, status]) => status)).toEqual([204, 204, 204]);
    expect(new Set(await idsIn(home, trash))).toEqual(new Set([a.image_id, b.image_id]));
    const again = await outcomes(await bulkDelete(home, { image_ids: ids }));
    expect(again.map(([, status]) => status)).toEqual([404, 404, 204]);
    const out = await outcomes(await bulkDelete(home, { image_ids: ids, permanent: true }));
    expect(out.map(([, status]) => status)).toEqual([204, 204, 204]);
    expect(await idsIn(home, trash)).toEqual([]);
    expect(await usage(home, 'alice')).toEqual({ images: 0, bytes: 0 });
  });
});

const erase = (home: Home, user_id: string) =>
  home.request(`/users/${encodeURIComponent(user_id)}/images`, { method: 'DELETE' });

describe.each(DIVIDED_HOMES)('erase-user (%s)', (kind) => {
  const home = useHome(kind, {
    config: {
      ...processing({ trashDays: 30 }),
      scanner: { kind: 'clamd', address: parseClamdAddress('127.0.0.1:1'), maxBytes: 1_000_000 },
    },
  });
  const ownObjects = async (user: string) =>
    (await home.stored()).objects.filter((key) => key.includes(`${user}/`));

  it('removes all that the user has, whatever has become of it, and nothing of others', async () => {
    const user_id = 'kim';
    const neighbours = ['kim2', 'ki', 'KIM'];
    for (const user of neighbours) await upload(home, { user_id: user });
    // This home's scanner can be reached by nobody: what is uploaded stays to be scanned.
    const scanning = await upload(home, { user_id, tags: ['sea'] });
    expect(scanning.status).toBe('scanning');
    await replace(home, scanning.image_id, newPng(800));
    const trashed = await upload(home, { user_id });
    await remove(home, trashed.image_id);
    const bytes = newPng();
    const started = await startUpload(home, bytes, { user_id, content_type: 'image/png' });
    await sendUpload(home, started, bytes);
    const { index, objects } = home.context.deps;
    for (const status of ['ready', 'rejected'] as const) {
      const record = sampleRecord({ user_id, status });
      await put(objects, record.object_key, Buffer.from(status));
      await index.insert(record);
    }
    await expectEmpty(await erase(home, user_id), 202);
    await home.workOff();
    for (const query of ['', '&deleted=true', '&status=pending', '&status=scanning', '&status=rejected']) {
      expect(await idsIn(home, `user_id=${user_id}${query}`)).toEqual([]);
    }
    expect(await ownObjects(user_id)).toEqual([]);
    expect(await uploadsLeft(home, started)).toEqual([]);
    expect(await usage(home, user_id)).toEqual({ images: 0, bytes: 0 });
    for (const user of neighbours) {
      expect((await idsIn(home, `user_id=${user}&status=scanning`)).length).toBe(1);
      expect((await usage(home, user)).images).toBe(1);
      expect((await ownObjects(user)).length).toBeGreaterThan(0);
    }
  });

  it('of whom nobody has heard is accepted, and of no user is refused', async () => {
    await expectEmpty(await erase(home, 'nobody at all'), 202);
    await home.workOff();
    await expectProblem(await erase(home, 'x'.repeat(129)), 'invalid_request', 'user_id');
    await expectProblem(
      await home.request('/users/a/images?force=1', { method: 'DELETE' }),
      'invalid_request',
      'force',
    );
  });
});

describe.each(DIVIDED_HOMES)('erase-user of much (%s)', (kind) => {
  const home = useHome(kind);

  it('goes on until all is gone; what is uploaded after the request stays', async () => {
    const user_id = 'lou';
    const { index, quotas, clock } = home.context.deps;
    // Records alone are enough to be removed, and quickly made: more than one job does.
    for (let batch = 0; batch < 5; batch++) {
      const records = Array.from({ length: 41 }, () => sampleRecord({ user_id, tags: [], size_bytes: 10 }));
      await Promise.all(records.map((record) => index.insert(record)));
    }
    if (kind === 'aws') {
      const room = { images: 205, bytes: 2050 };
      const unlimited = { max_images: null, max_bytes: null };
      await (await quotas.reserve(user_id, room, unlimited)).keep(room.bytes);
    }
    expect(await usage(home, user_id)).toEqual({ images: 205, bytes: 2050 });
    await expectEmpty(await erase(home, user_id), 202);
    const asked = clock.now();
    home.clock.advance(1000);
    const image = await processed(home, png(), { user_id });
    home.clock.release();
    expect(Date.parse(image.upload_time)).toBeGreaterThan(asked);
    expect(await idsIn(home, `user_id=${user_id}`)).toEqual([image.image_id]);
    expect(await usage(home, user_id)).toEqual({ images: 1, bytes: image.size_bytes });
  });

  it('with renditions leaves none of them', async () => {
    const user_id = 'max';
    await processed(home, await quarters().png().toBuffer(), { user_id });
    await expectEmpty(await erase(home, user_id), 202);
    await home.workOff();
    expect((await home.stored()).objects.filter((key) => key.includes('/max/'))).toEqual([]);
    expect(await usage(home, user_id)).toEqual({ images: 0, bytes: 0 });
  });
});
