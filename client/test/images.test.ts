import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { png } from '../../service/test/support/png.ts';
import { useServer } from '../../service/test/support/running-server.ts';
import { createClient, TintypeError } from '../src/index.ts';
import { testClient } from './support/test-client.ts';

const server = useServer({ variables: { TRASH_DAYS: '30' } });
const tintype = () => createClient({ url: server.url });
let seed = 0;
const upload = (fields = {}) => tintype().upload(png({ seed: ++seed }), { user_id: 'alice', ...fields });

const failureOf = (call: Promise<unknown>): Promise<TintypeError> =>
  call.then(
    () => {
      throw new Error('It has succeeded.');
    },
    (error: unknown) => {
      expect(error).toBeInstanceOf(TintypeError);
      return error as TintypeError;
    },
  );

describe('the calls of the client', () => {
  test('an image that was uploaded is viewed, with its ETag', async () => {
    const image = await upload({
      title: 'An osprey & its fish + 1',
      tags: ['Bird', 'a,b'],
      filename: 'osprey.png',
    });
    expect(image).toMatchObject({
      title: 'An osprey & its fish + 1',
      tags: ['bird', 'a,b'],
      filename: 'osprey.png',
    });
    const viewed = await tintype().view(image.image_id);
    expect(viewed).toMatchObject({ ...image, etag: '"1.1"' });
  });

  test('a tag with a comma stays one, also where it is the only one', async () => {
    expect((await upload({ tags: ['salt, pepper'] })).tags).toEqual(['salt, pepper']);
  });

  test('a view can ask for a URL that downloads', async () => {
    const { image_id } = await upload({ filename: 'osprey.png' });
    const { url } = await tintype().view(image_id, { download: true });
    const answer = await fetch(url ?? '');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment.*osprey\.png/);
  });

  test('what is changed is as it was meant to be, and a change of what has changed is refused', async () => {
    const { image_id } = await upload({ title: 'before', description: 'kept' });
    const { etag } = await tintype().view(image_id);
    const changed = await tintype().update(image_id, { title: 'after', tags: ['new'] }, { etag });
    expect(changed).toMatchObject({ title: 'after', description: 'kept', tags: ['new'] });
    expect(changed.etag).not.toBe(etag);
    const failure = await failureOf(tintype().update(image_id, { title: 'late' }, { etag }));
    expect(failure).toMatchObject({ code: 'precondition_failed', status: 412 });
    expect((await tintype().update(image_id, { title: null }, { etag: changed.etag })).title).toBeNull();
  });

  test('what is deleted can be restored, and what is deleted for good cannot', async () => {
    const { image_id } = await upload();
    await tintype().delete(image_id);
    const trashed = await tintype().listPage({ user_id: 'alice', deleted: true });
    expect(trashed.items.map((item) => item.image_id)).toContain(image_id);
    expect(await tintype().restore(image_id)).toMatchObject({ image_id, deleted_at: null });
    const { etag } = await tintype().view(image_id);
    expect(await failureOf(tintype().delete(image_id, { etag: '"9.9"' }))).toMatchObject({ status: 412 });
    await tintype().delete(image_id, { permanent: true, etag });
    expect(await failureOf(tintype().restore(image_id))).toMatchObject({ code: 'not_found', status: 404 });
  });

  test('several are deleted with an answer for each', async () => {
    const { image_id } = await upload();
    const missing = '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11';
    const { items } = await tintype().deleteMany([image_id, missing], { permanent: true });
    expect(items).toMatchObject([
      { image_id, status: 204 },
      { image_id: missing, status: 404, code: 'not_found' },
    ]);
  });

  test('replaced bytes are a new version, and the former one can be restored', async () => {
    const first = png({ seed: ++seed });
    const second = png({ seed: ++seed });
    const { image_id } = await tintype().upload(first, { user_id: 'alice' });
    const { etag } = await tintype().view(image_id);
    const replaced = await tintype().replace(image_id, new Blob([second]), { etag });
    expect(replaced).toMatchObject({ version: 2, checksum_sha256: sha256(second) });
    expect(await failureOf(tintype().replace(image_id, first, { etag }))).toMatchObject({ status: 412 });
    expect((await tintype().versions(image_id)).items.map(({ version }) => version)).toEqual([2, 1]);
    const restored = await tintype().restoreVersion(image_id, 1);
    expect(restored.checksum_sha256).toBe(sha256(first));
  });

  test("a download is the image's bytes", async () => {
    const bytes = png({ seed: ++seed, size: 100_000 });
    const { image_id } = await tintype().upload(bytes, { user_id: 'alice' });
    const answer = await tintype().download(image_id);
    expect(sha256(await answer.bytes())).toBe(sha256(bytes));
  });

  test('a download of what is not there yet says so', async () => {
    const { image } = await tintype().startUpload({
      user_id: 'alice',
      content_type: 'image/png',
      size_bytes: 100,
    });
    expect(await failureOf(tintype().download(image.image_id))).toMatchObject({
      code: 'not_ready',
      status: 409,
    });
  });

  test('a link is made, listed and revoked', async () => {
    const { image_id } = await upload();
    const link = await tintype().createLink(image_id, { expires_in_seconds: 60 });
    expect(await fetch(link.url)).toMatchObject({ status: 200 });
    expect((await tintype().links(image_id)).items.map(({ link_id }) => link_id)).toEqual([link.link_id]);
    await tintype().revokeLink(image_id, link.link_id);
    expect((await tintype().links(image_id)).count).toBe(0);
  });

  test('usage counts what a user has', async () => {
    await upload({ user_id: 'user/with ?#%' });
    expect(await tintype().usage('user/with ?#%')).toMatchObject({ user_id: 'user/with ?#%', images: 1 });
  });

  test('the bare steps upload an image in one piece', async () => {
    const bytes = png({ seed: ++seed });
    const body = {
      user_id: 'alice',
      content_type: 'image/png',
      size_bytes: bytes.length,
      method: 'put',
    } as const;
    const { image, upload: signed } = await tintype().startUpload(body, { idempotencyKey: 'steps-1' });
    const again = await tintype().startUpload(body, { idempotencyKey: 'steps-1' });
    expect(again.image.image_id).toBe(image.image_id);
    if (signed.method !== 'put') throw new Error('Another method was asked for.');
    await fetch(signed.url, { method: 'PUT', headers: signed.headers, body: new Uint8Array(bytes) });
    expect(await tintype().completeUpload(image.image_id)).toMatchObject({ status: 'ready' });
  });

  test('the bare client calls what has no method here', async () => {
    const { data, error } = await tintype().api.GET('/audit-events', { params: { query: { limit: '1' } } });
    expect(error).toBeUndefined();
    expect(data?.items).toHaveLength(1);
  });
});

test.each(['https://img.example/api', 'https://img.example/api//'])(
  'a URL with a path, %s, keeps it',
  async (url) => {
    const asked: string[] = [];
    const answer: typeof fetch = async (input) => {
      asked.push(input instanceof Request ? input.url : String(input));
      return Response.json({ image_id: 'x' });
    };
    const tintype = createClient({ url, fetch: answer });
    await tintype.view('a/b');
    await tintype.upload(png(), { user_id: 'alice' });
    expect(asked).toEqual([
      'https://img.example/api/images/a%2Fb',
      'https://img.example/api/images/upload?user_id=alice',
    ]);
  },
);

test('an answer that is none of the service is an error', async () => {
  const page: typeof fetch = async () => new Response('<h1>Welcome</h1>');
  const tintype = createClient({ url: 'https://img.example', fetch: page });
  const expected = { code: 'unexpected_answer', status: 200 };
  expect(await failureOf(tintype.view('x'))).toMatchObject(expected);
  expect(await failureOf(tintype.listPage())).toMatchObject(expected);
  expect(await failureOf(tintype.upload(png(), {}))).toMatchObject(expected);
});

describe('errors of the client', () => {
  test('an invalid request names its fields', async () => {
    const failure = await failureOf(tintype().listPage({ limit: 1000 }));
    expect(failure).toMatchObject({
      name: 'TintypeError',
      code: 'invalid_request',
      status: 400,
      request_id: expect.stringMatching(/./),
      errors: [{ field: 'limit', message: expect.stringMatching(/1 to 200/) }],
    });
    expect(failure.message).toMatch(/limit/);
  });

  test('where nobody listens the code is network', async () => {
    const nowhere = createClient({ url: 'http://127.0.0.1:9' });
    expect(await failureOf(nowhere.view('x'))).toMatchObject({ code: 'network', status: 0 });
  });

  test('an answer that breaks off is an error of the network, whatever it would have been', async () => {
    for (const [status, type] of [
      [200, 'application/json'],
      [502, 'text/html'],
    ] as const) {
      const client = testClient({ url: server.url });
      client.meets(/^GET /, async () => {
        const body = new ReadableStream({ start: (stream) => stream.error(new TypeError('terminated')) });
        return new Response(body, { status, headers: { 'content-type': type } });
      });
      expect(await failureOf(client.tintype.view('x'))).toMatchObject({ code: 'network', status: 0 });
    }
  });

  test('an abort rejects with the reason of its signal', async () => {
    const reason = new Error('enough');
    await expect(tintype().view('x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(tintype().view('x', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const listing = tintype().list({ signal: AbortSignal.abort(reason) });
    await expect(listing.next()).rejects.toBe(reason);
  });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
