import { describe, expect, it } from 'vitest';
import { isImageId } from '../../src/domain/image-id.ts';
import { expectEmpty, expectImage, expectProblem, type Image } from '../support/answers.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { contentOf } from '../support/stored-bytes.ts';
import { type Call, FORM_NAMES, newPng, postJson, postRaw, uploadCall } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

const HOUR = 60 * 60_000;

let keys = 0;
const newKey = () => `key-${++keys}`;

function send(home: Home, { path, init }: Call, key: string): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('idempotency-key', key);
  return home.request(path, { ...init, headers });
}

/** The image, and whether it is the answer to an earlier request. */
async function answered(response: Response): Promise<{ image: Image; replayed: boolean }> {
  const replayed = response.headers.get('idempotency-replayed');
  expect([null, 'true']).toContain(replayed);
  const image = await expectImage(response, 201);
  expect(response.headers.get('location')).toMatch(new RegExp(`/images/${image.image_id}$`));
  return { image, replayed: replayed === 'true' };
}

async function expectInFlight(response: Response): Promise<void> {
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  await expectProblem(response, 'conflict', undefined, true);
}

const raw = (image: Buffer, title = 'Osprey') => postRaw(image, { user_id: 'alice', title });

/** A body whose end comes when the test says so. */
function slowBody(image: Buffer) {
  const end = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(image.subarray(0, 40))),
    async pull(controller) {
      begun.resolve();
      await end.promise;
      controller.enqueue(new Uint8Array(image.subarray(40)));
      controller.close();
    },
  });
  const { path, init } = raw(image);
  const call: Call = { path, init: { ...init, body, duplex: 'half' } as RequestInit };
  return { call, begun: begun.promise, finish: () => end.resolve() };
}

describe.each(DIVIDED_HOMES)('an upload under an idempotency key (%s)', (kind) => {
  const home = useHome(kind);

  it('that is repeated has the first answer, and makes no second image', async () => {
    const [key, image] = [newKey(), newPng()];
    const before = await home.stored();
    const first = await answered(await send(home, raw(image), key));
    expect(first.replayed).toBe(false);
    for (let n = 0; n < 3; n++) {
      const again = await answered(await send(home, raw(image), key));
      expect(again.replayed).toBe(true);
      expect(again.image).toEqual(first.image);
    }
    const after = await home.stored();
    expect(after.records.length).toBe(before.records.length + 1);
    expect(after.objects.length).toBe(before.objects.length + 1);
    expect(after.unfinished).toEqual([]);
    expect((await home.follow(first.image.url ?? '')).status).toBe(200);
  });

  it('is the same request in every form of body', async () => {
    const [key, image] = [newKey(), newPng()];
    const fields = { user_id: 'alice', filename: 'osprey.png', title: 'Osprey', tags: ['bird', 'dusk'] };
    const answers: Awaited<ReturnType<typeof answered>>[] = [];
    for (const form of FORM_NAMES)
      answers.push(await answered(await send(home, uploadCall(form, image, fields), key)));
    expect(new Set(answers.map(({ image: { image_id } }) => image_id)).size).toBe(1);
    expect(answers.map(({ replayed }) => replayed)).toEqual(FORM_NAMES.map((_, n) => n > 0));
  });

  it('has the first answer also when the image has been changed or deleted since', async () => {
    const [key, image] = [newKey(), newPng()];
    const first = await answered(await send(home, raw(image), key));
    const path = `/images/${first.image.image_id}`;
    const headers = { 'content-type': 'application/json' };
    await home.request(path, { method: 'PATCH', headers, body: '{"title":"Another"}' });
    expect((await answered(await send(home, raw(image), key))).image).toEqual(first.image);
    await expectEmpty(await home.request(path, { method: 'DELETE' }), 204);
    expect((await answered(await send(home, raw(image), key))).image.image_id).toBe(first.image.image_id);
    await expectProblem(await home.request(path), 'not_found');
  });

  it('that is of other bytes or other fields is 422, and the first answer stays', async () => {
    const [key, image] = [newKey(), newPng()];
    const first = await answered(await send(home, raw(image), key));
    const before = await home.stored();
    for (const other of [
      raw(newPng()),
      raw(image, 'Another'),
      postRaw(image, { user_id: 'bob', title: 'Osprey' }),
      postRaw(image, { user_id: 'alice', title: 'Osprey', tags: 'a' }),
      postRaw(image, { user_id: 'alice', title: 'Osprey', filename: 'a' }),
      postRaw(image, { user_id: 'alice' }),
    ]) {
      await expectProblem(await send(home, other, key), 'idempotency_key_reused');
    }
    expect(await home.stored()).toEqual(before);
    expect((await answered(await send(home, raw(image), key))).image).toEqual(first.image);
  });

  it('is refused as any other where it is no image, and then still under the key of the first', async () => {
    const [key, image] = [newKey(), newPng()];
    const first = await answered(await send(home, raw(image), key));
    await expectProblem(await send(home, raw(Buffer.from('no image')), key), 'unsupported_media_type');
    expect((await answered(await send(home, raw(image), key))).image).toEqual(first.image);
  });

  it('that comes while the first is being worked on is 409 with Retry-After, before its body is read', async () => {
    const [key, image] = [newKey(), newPng()];
    const slow = slowBody(image);
    const sending = send(home, slow.call, key);
    await slow.begun;
    let read = false;
    const unread = new ReadableStream(
      {
        pull() {
          read = true;
        },
      },
      { highWaterMark: 0 },
    );
    const { path, init } = raw(image);
    await expectInFlight(
      await send(home, { path, init: { ...init, body: unread, duplex: 'half' } as RequestInit }, key),
    );
    expect(read).toBe(false);
    await expectInFlight(await send(home, postJson({ user_id: 'alice', image_data: 'AAAA' }), key));
    slow.finish();
    const { image: made } = await answered(await sending);
    expect(await answered(await send(home, raw(image), key))).toEqual({ image: made, replayed: true });
  });

  it('that fails frees the key: the next request with it is new', async () => {
    const key = newKey();
    await expectProblem(await send(home, raw(Buffer.from('no image')), key), 'unsupported_media_type');
    await expectProblem(
      await send(home, postRaw(newPng(), { title: 'x' }), key),
      'invalid_request',
      'user_id',
    );
    await expectProblem(await send(home, postJson('{'), key), 'invalid_request', 'body');
    const { replayed } = await answered(await send(home, raw(newPng()), key));
    expect(replayed).toBe(false);
  });

  it('of 50 at once makes one image, and those that were sent away find it', async () => {
    const [key, image] = [newKey(), newPng()];
    const before = await home.stored();
    const responses = await Promise.all(Array.from({ length: 50 }, () => send(home, raw(image), key)));
    const made = new Set<string>();
    let firsts = 0;
    let sentAway = 0;
    for (const response of responses) {
      if (response.status === 409) {
        await expectInFlight(response);
        sentAway++;
        continue;
      }
      const { image: found, replayed } = await answered(response);
      made.add(found.image_id);
      if (!replayed) firsts++;
    }
    expect([made.size, firsts]).toEqual([1, 1]);
    for (let n = 0; n < sentAway; n++) {
      const again = await answered(await send(home, raw(image), key));
      expect(again.replayed).toBe(true);
      made.add(again.image.image_id);
    }
    expect(made.size).toBe(1);
    expect((await home.stored()).records.length).toBe(before.records.length + 1);
    expect((await home.stored()).objects.length).toBe(before.objects.length + 1);
  });
});

describe.each(DIVIDED_HOMES)('the life of an idempotency key (%s)', (kind) => {
  const home = useHome(kind);

  it('ends after 24 hours: then it is new', async () => {
    const [key, image] = [newKey(), newPng()];
    const first = await answered(await send(home, raw(image), key));
    home.clock.advance(23 * HOUR);
    expect(await answered(await send(home, raw(image), key))).toMatchObject({
      image: { image_id: first.image.image_id },
      replayed: true,
    });
    home.clock.advance(HOUR);
    const next = await answered(await send(home, raw(newPng()), key));
    expect(next.replayed).toBe(false);
    expect(next.image.image_id).not.toBe(first.image.image_id);
  });

  it('a repeated answer has a URL of its own time', async () => {
    const [key, image] = [newKey(), newPng()];
    const first = await answered(await send(home, raw(image), key));
    home.clock.advance(3 * HOUR);
    const { url_expires_at } = (await answered(await send(home, raw(image), key))).image;
    expect((url_expires_at ?? '') > (first.image.url_expires_at ?? '')).toBe(true);
  });

  it('a request that was cut off holds it for a minute, and no longer', async () => {
    const [key, image] = [newKey(), newPng()];
    const slow = slowBody(image);
    const sending = send(home, slow.call, key);
    await slow.begun;
    home.clock.advance(59_000);
    await expectInFlight(await send(home, raw(image), key));
    home.clock.advance(1_000);
    const { image: made } = await answered(await send(home, raw(image), key));
    slow.finish();
    const late = await answered(await sending);
    expect(late.image.image_id).toBe(made.image_id);
    expect((await home.stored()).records.filter((id) => id === made.image_id)).toHaveLength(1);
    const { index, objects } = home.context.deps;
    const record = isImageId(made.image_id) ? await index.get(made.image_id) : undefined;
    expect((await contentOf(objects, record?.object_key ?? ''))?.equals(image)).toBe(true);
    expect((await home.stored()).objects.filter((name) => name.includes(made.image_id))).toHaveLength(1);
  });
});

describe.each(DIVIDED_HOMES)('how an idempotency key is written (%s)', (kind) => {
  const home = useHome(kind);
  const json = (idempotency_key: unknown, image: Buffer) =>
    postJson({ user_id: 'alice', image_data: image.toString('base64'), idempotency_key });

  it.each([
    ['a b,c', '"a b,c"'],
    ['a\\b"c', '"a\\\\b\\"c"'],
    ['7', '"7"'],
    ['~'.repeat(255), `"${'~'.repeat(255)}"`],
  ])('bare or quoted, %s is the same key', async (bare, quoted) => {
    const image = newPng();
    const first = await answered(await send(home, raw(image), bare));
    expect(first.replayed).toBe(false);
    expect(await answered(await send(home, raw(image), quoted))).toEqual({ ...first, replayed: true });
  });

  it('in a JSON body it is the same as in the header', async () => {
    const [key, image] = [newKey(), newPng()];
    const inBody = json(key, image);
    const first = await answered(await home.request(inBody.path, inBody.init));
    expect(first.replayed).toBe(false);
    for (const again of [
      await home.request(inBody.path, inBody.init),
      await send(home, inBody, `"${key}"`),
    ]) {
      expect(await answered(again)).toEqual({ ...first, replayed: true });
    }
    expect((await answered(await send(home, json(undefined, image), key))).replayed).toBe(true);
    expect((await answered(await send(home, json(null, image), key))).replayed).toBe(true);
  });

  it('in header and body it must be the same', async () => {
    const problem = await send(home, json('one', newPng()), 'another');
    await expectProblem(problem, 'invalid_request', 'idempotency_key');
  });

  it.each([
    ['empty', ''],
    ['empty in quotes', '""'],
    ['too long', 'x'.repeat(256)],
    ['not ASCII', 'é'],
    ['a quote that does not end', '"abc'],
    ['more after the quotes', '"abc";x=1'],
    ['a backslash before anything else', '"a\\bc"'],
  ])('%s it is 400, and names the header', async (_what, key) => {
    await expectProblem(await send(home, raw(newPng()), key), 'invalid_request', 'Idempotency-Key');
    const { path, init } = json(key, newPng());
    await expectProblem(await home.request(path, init), 'invalid_request', 'idempotency_key');
  });

  it.each([[7], [['a']], [{}], [true], ['a\u0000b'], ['a\nb']])('%j in a body is none', async (key) => {
    const { path, init } = json(key, newPng());
    await expectProblem(await home.request(path, init), 'invalid_request', 'idempotency_key');
  });

  it('has no place in a query or a form', async () => {
    const inQuery = postRaw(newPng(), { user_id: 'alice', idempotency_key: 'x' });
    await expectProblem(await home.request(inQuery.path, inQuery.init), 'invalid_request', 'idempotency_key');
  });

  it('stands in the document, with the header of a repeated answer', async () => {
    const document = (await (await home.request('/openapi.json')).json()) as {
      paths: Record<string, { post: Record<string, object> }>;
    };
    expect(document.paths['/images/upload']?.post).toMatchObject({
      parameters: expect.arrayContaining([
        expect.objectContaining({ name: 'Idempotency-Key', in: 'header' }),
      ]),
      requestBody: { content: { 'application/json': { schema: { properties: { idempotency_key: {} } } } } },
      responses: { 201: { headers: { 'Idempotency-Replayed': {} } } },
    });
  });
});
