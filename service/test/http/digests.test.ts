import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectImage, expectProblem } from '../support/answers.ts';
import { DIVIDED_HOMES, useHome } from '../support/homes.ts';
import { expectRefusal } from '../support/refusals.ts';
import { type Call, FORM_NAMES, newPng, postRaw, upload, uploadCall } from '../support/uploads.ts';

const hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const member = (bytes: Uint8Array, algorithm = 'sha256', name = 'sha-256') =>
  `${name}=:${createHash(algorithm).update(bytes).digest('base64')}:`;

/** The call with what it says of its content. */
function withDigest({ path, init }: Call, digestOf: (content: Buffer) => string): Call {
  const headers = new Headers(init.headers);
  headers.set('content-digest', digestOf(Buffer.from(init.body as Uint8Array | string as string)));
  return { path, init: { ...init, headers } };
}

const user = { user_id: 'alice' };
const OTHER = newPng();

describe.each(DIVIDED_HOMES)('Content-Digest is that of the content as it is sent (%s)', (kind) => {
  const home = useHome(kind);

  it.each(FORM_NAMES)('%s: right, it is stored; wrong, it is refused and leaves nothing', async (form) => {
    for (const image of [newPng(), newPng(2_000_000)]) {
      const call = uploadCall(form, image, user);
      const right = withDigest(call, member);
      const stored = await expectImage(await home.request(right.path, right.init), 201);
      expect(stored.checksum_sha256).toBe(hex(image));
      const wrong = withDigest(call, () => member(OTHER));
      await expectRefusal(home, [form, wrong, 'invalid_request', 'Content-Digest']);
    }
  });

  it('of JSON and forms it is not that of the image', async () => {
    for (const form of FORM_NAMES.filter((name) => name !== 'raw bytes')) {
      const image = newPng();
      const call = withDigest(uploadCall(form, image, user), () => member(image));
      await expectRefusal(home, [form, call, 'invalid_request', 'Content-Digest']);
    }
  });

  it('a change whose body has come to harm is not made', async () => {
    const { image_id } = await upload(home, { title: 'before' });
    const change = (digestOf: (content: Buffer) => string) => {
      const body = JSON.stringify({ title: 'after' });
      const init = { method: 'PATCH', headers: { 'content-type': 'application/json' }, body };
      const call = withDigest({ path: `/images/${image_id}`, init }, digestOf);
      return home.request(call.path, call.init);
    };
    await expectProblem(await change(() => member(OTHER)), 'invalid_request', 'Content-Digest');
    expect(await expectImage(await home.request(`/images/${image_id}`))).toMatchObject({ title: 'before' });
    expect(await expectImage(await change(member))).toMatchObject({ title: 'after' });
  });

  it.each([
    ['nothing', () => ''],
    ['another algorithm alone, even a wrong one', () => member(OTHER, 'sha512', 'sha-512')],
    ['one that nobody knows', () => 'x-new.1*=:AAAA:'],
    ['another beside the right one', (image: Buffer) => `md5=:AAAA:, ${member(image)}`],
    [
      'parameters, and spaces where they may stand',
      (image: Buffer) => ` ${member(image)};a; b="c,=:";d=?1 \t,\tx=:: `,
    ],
    ['of two the last', (image: Buffer) => `${member(OTHER)}, ${member(image)}`],
  ])('%s: the upload is stored', async (_what, digestOf) => {
    const call = withDigest(postRaw(newPng(), user), digestOf);
    await expectImage(await home.request(call.path, call.init), 201);
  });

  it.each([
    ['hex', (image: Buffer) => `sha-256=:${hex(image)}:`],
    ['no colons', (image: Buffer) => member(image).replaceAll(':', '')],
    ['no end', (image: Buffer) => member(image).slice(0, -1)],
    ['the alphabet for URLs', () => `sha-256=:${'_-'.repeat(21)}_=:`],
    ['a digest too short', () => 'sha-256=:AAAA:'],
    ['no digest', () => 'sha-256=::'],
    ['a name alone', () => 'sha-256'],
    ['a number', () => 'sha-256=1'],
    ['an upper-case name', (image: Buffer) => member(image, 'sha256', 'SHA-256')],
    ['a comma at the end', (image: Buffer) => `${member(image)},`],
    ['no comma between', (image: Buffer) => `${member(image)} ${member(image)}`],
    ['more after the digest', (image: Buffer) => `${member(image)}x`],
    ['words', () => 'please be right'],
  ])('%s is malformed: 400', async (what, digestOf) => {
    const call = withDigest(postRaw(newPng(), user), digestOf);
    await expectRefusal(home, [what, call, 'invalid_request', 'Content-Digest']);
  });
});

describe.each(DIVIDED_HOMES)('checksum_sha256 is that of the image, in every form (%s)', (kind) => {
  const home = useHome(kind);

  it.each(FORM_NAMES)(
    '%s: right, in either case, it is stored; wrong, it is refused and leaves nothing',
    async (form) => {
      for (const image of [newPng(), newPng(2_000_000)]) {
        for (const checksum_sha256 of [hex(image), hex(image).toUpperCase()]) {
          const { path, init } = uploadCall(form, image, { ...user, checksum_sha256 });
          const stored = await expectImage(await home.request(path, init), 201);
          expect(stored.checksum_sha256).toBe(hex(image));
        }
        const wrong = uploadCall(form, image, { ...user, checksum_sha256: hex(OTHER) });
        await expectRefusal(home, [form, wrong, 'invalid_request', 'checksum_sha256']);
      }
    },
  );

  it.each(['', 'x', hex(OTHER).slice(1), `${hex(OTHER)}0`, `sha256:${hex(OTHER)}`])(
    '%j is none: 400',
    async (checksum_sha256) => {
      for (const form of FORM_NAMES) {
        const call = uploadCall(form, newPng(), { ...user, checksum_sha256 });
        await expectRefusal(home, [form, call, 'invalid_request', 'checksum_sha256']);
      }
    },
  );
});
