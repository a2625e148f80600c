import { describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { unavailable } from '../../src/domain/errors.ts';
import type { QuotaLimits } from '../../src/domain/quota.ts';
import { usageSchema } from '../../src/http/schemas.ts';
import { expectEmpty, expectImage, expectProblem } from '../support/answers.ts';
import { aroundDrafts, aroundIndex } from '../support/around.ts';
import { DIVIDED_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { newPng, postForm, postRaw, upload, uploadCall } from '../support/uploads.ts';

const LIMITS: QuotaLimits = { max_images: 5, max_bytes: 10_000 };
const IMAGE = png();

type Home = Pick<TestHome, 'request'>;

async function usageOf(home: Home, user: string): Promise<z.infer<typeof usageSchema>> {
  const response = await home.request(`/users/${encodeURIComponent(user)}/usage`);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('private, no-store');
  return usageSchema.parse(await response.json());
}

/** With the length that a client sends; a Request made in a test has none. */
function sendRaw(home: Home, user_id: string, image: Buffer): Promise<Response> {
  const { path, init } = postRaw(image, { user_id });
  const headers = { ...init.headers, 'content-length': String(image.length) };
  return home.request(path, { ...init, headers });
}

const sentence = (max: number, left: number) =>
  `The limit of this user is ${max} ${max === 1 ? 'image' : 'images'}, of which ${left} are left.`;

async function expectRefused(answer: Response, why: string): Promise<void> {
  expect(await expectProblem(answer, 'quota_exceeded')).toMatchObject({
    status: 429,
    detail: why,
    error: why,
  });
}

/** One form of each kind of body, and both orders of what stands in a form. */
const KINDS = ['JSON with base64', 'a form with the file last', 'a form with the file first', 'raw bytes'];

describe.each(DIVIDED_HOMES)('quotas (%s)', (kind) => {
  const home = useHome(kind, { config: { quotaLimits: LIMITS } });

  it.each(KINDS)('20 parallel uploads with 5 left make exactly 5 images, as %s', async (form) => {
    const user_id = `parallel ${form}`;
    const before = await home.stored();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => {
        const { path, init } = uploadCall(form, newPng(), { user_id });
        return home.request(path, init);
      }),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made).toHaveLength(5);
    const bytes = (await Promise.all(made.map((answer) => expectImage(answer, 201)))).map(
      (i) => i.size_bytes,
    );
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      await expectRefused(answer, sentence(5, 0));
    }
    const stored = await home.stored();
    expect(stored.objects).toHaveLength(before.objects.length + 5);
    expect(stored.records).toHaveLength(before.records.length + 5);
    expect(stored.unfinished).toEqual([]);
    const sum = bytes.reduce((total, size) => total + size, 0);
    expect(await usageOf(home, user_id)).toEqual({ user_id, images: 5, bytes: sum, ...LIMITS });
  });

  it('answers 429 with the limit and what is left, and takes none of the bytes', async () => {
    const user_id = 'full';
    for (let made = 0; made < 5; made++) await upload(home, { user_id });
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(IMAGE);
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await home.request(`/images?user_id=${user_id}`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body,
      duplex: 'half',
    } as RequestInit);
    await expectRefused(answer, sentence(5, 0));
    expect(pulled).toBe(0);
  });

  it('limits bytes to the last one, whether a length is announced or not', async () => {
    const user_id = 'heavy';
    const large = newPng(6_000);
    await expectImage(await sendRaw(home, user_id, large), 201);
    const left = 10_000 - large.length;
    const refusal = `The limit of this user is 10000 bytes, of which ${left} are left: too few for this image.`;
    const tooLarge = Buffer.concat([newPng(), Buffer.alloc(left)]);
    const stored = await home.stored();
    const form = [
      { name: 'user_id', value: user_id },
      { name: 'file', value: tooLarge, filename: 'a.png' },
    ];
    const forms = [postForm(form), postForm(form.toReversed()), postRaw(tooLarge, { user_id })];
    await expectRefused(await sendRaw(home, user_id, tooLarge), refusal);
    for (const { path, init } of forms) await expectRefused(await home.request(path, init), refusal);
    expect(await home.stored()).toEqual(stored);
    expect(await usageOf(home, user_id)).toMatchObject({ images: 1, bytes: large.length });
    const rest = newPng();
    const exact = Buffer.concat([rest, Buffer.alloc(left - rest.length)]);
    await expectImage(await sendRaw(home, user_id, exact), 201);
    expect(await usageOf(home, user_id)).toMatchObject({ images: 2, bytes: 10_000 });
  });

  it('counts what has come, where another length was announced', async () => {
    const user_id = 'boaster';
    const { path, init } = postRaw(IMAGE, { user_id });
    for (const announced of [IMAGE.length + 500, IMAGE.length - 10]) {
      const headers = { ...init.headers, 'content-length': String(announced) };
      await expectImage(await home.request(path, { ...init, headers }), 201);
    }
    expect(await usageOf(home, user_id)).toMatchObject({ images: 2, bytes: 2 * IMAGE.length });
  });

  it('gives back what is refused for another reason', async () => {
    const user_id = 'clumsy';
    const noImage = Buffer.from('no image at all, however long it may be');
    await expectProblem(await sendRaw(home, user_id, noImage), 'unsupported_media_type');
    const torn = IMAGE.subarray(0, 20);
    await expectProblem(await sendRaw(home, user_id, torn), 'unprocessable_image');
    const { path, init } = postForm([
      { name: 'user_id', value: user_id },
      { name: 'file', value: IMAGE, filename: 'a.png' },
      { name: 'colour', value: 'red' },
    ]);
    await expectProblem(await home.request(path, init), 'invalid_request');
    expect(await usageOf(home, user_id)).toMatchObject({ images: 0, bytes: 0 });
  });

  it('gives back what is deleted, once', async () => {
    const user_id = 'tidy';
    const images = [await upload(home, { user_id }), await upload(home, { user_id })];
    const [first, second] = images.map(({ image_id }) => `/images/${image_id}`);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => home.request(first ?? '', { method: 'DELETE' })),
    );
    expect(answers.some(({ status }) => status === 204)).toBe(true);
    expect(await usageOf(home, user_id)).toMatchObject({ images: 1, bytes: images[1]?.size_bytes });
    await expectEmpty(await home.request(second ?? '', { method: 'DELETE' }), 204);
    expect(await usageOf(home, user_id)).toMatchObject({ images: 0, bytes: 0 });
  });

  it("shows and keeps a user's own limits in place of the defaults", async () => {
    const user_id = 'special/ü #1';
    const { quotas } = home.context.deps;
    await quotas.setLimits(user_id, { max_images: 1, max_bytes: null });
    await upload(home, { user_id });
    await expectRefused(await sendRaw(home, user_id, IMAGE), sentence(1, 0));
    expect(await usageOf(home, user_id)).toMatchObject({
      user_id,
      images: 1,
      max_images: 1,
      max_bytes: null,
    });
  });

  it('knows of nobody that they do not exist: nothing is used yet', async () => {
    const nobody = { user_id: 'nobody', images: 0, bytes: 0, ...LIMITS };
    expect(await usageOf(home, 'nobody')).toEqual(nobody);
  });

  it('refuses a user that can be none, and parameters', async () => {
    await expectProblem(await home.request(`/users/${'a'.repeat(129)}/usage`), 'invalid_request');
    await expectProblem(await home.request('/users/%00/usage'), 'invalid_request');
    await expectProblem(await home.request('/users/%FF/usage'), 'invalid_request');
    await expectProblem(await home.request('/users/alice/usage?all=true'), 'invalid_request');
  });
});

describe.each(DIVIDED_HOMES)('quotas, when a part fails (%s)', (kind) => {
  const failure = unavailable('This cannot be done now.', new Error('broken'));
  const broken = { commit: false, insert: false };
  const home = useHome(kind, {
    config: { quotaLimits: { max_images: 2, max_bytes: null } },
    around: (context) =>
      aroundIndex((index) => ({
        insert: (record) => (broken.insert ? Promise.reject(failure) : index.insert(record)),
      }))(
        aroundDrafts((draft) => ({
          commit: (key, properties) =>
            broken.commit ? Promise.reject(failure) : draft.commit(key, properties),
        }))(context),
      ),
  });

  it('bytes that cannot be stored are given back at once', async () => {
    broken.commit = true;
    for (let tries = 0; tries < 3; tries++) {
      await expectProblem(await sendRaw(home, 'unlucky', IMAGE), 'unavailable');
    }
    broken.commit = false;
    expect(await usageOf(home, 'unlucky')).toMatchObject({ images: 0, bytes: 0 });
    for (let made = 0; made < 2; made++) await upload(home, { user_id: 'unlucky' });
    await expectProblem(await sendRaw(home, 'unlucky', IMAGE), 'quota_exceeded');
  });

  it('a record whose insert got no answer is counted where it may yet come', async () => {
    broken.insert = true;
    await expectProblem(await sendRaw(home, 'unsure', IMAGE), 'unavailable');
    broken.insert = false;
    // A commit on this machine cannot come later; its count is that of the records.
    const counted = kind === 'embedded' ? 0 : 1;
    expect(await usageOf(home, 'unsure')).toMatchObject({ images: counted, bytes: counted * IMAGE.length });
  });
});
