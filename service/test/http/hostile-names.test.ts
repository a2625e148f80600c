import { beforeAll, describe, expect, it } from 'vitest';
import { expectImage, expectList } from '../support/answers.ts';
import { downloadName } from '../support/download-name.ts';
import { DIVIDED_HOMES, NOTHING, useHome } from '../support/homes.ts';
import { expectRefusal } from '../support/refusals.ts';
import { FORM_NAMES, filePart, newPng, postForm, uploadCall } from '../support/uploads.ts';

/** Printable, and each of them a trap somewhere: in paths, keys, headers, queries, SQL, HTML or logs. */
const NAMES: readonly string[] = [
  '..',
  '.',
  '...',
  '../../etc/passwd',
  '..%2F..%2Fetc%2Fpasswd',
  '/etc/passwd',
  'a/b',
  'a//b',
  'a,b',
  'a\\b',
  'C:\\Windows\\win.ini',
  '.hidden',
  '~root',
  'a#b',
  'a?b=c&d',
  'a+b c',
  ' around ',
  '%',
  '%2F',
  '%252F',
  '%00',
  '100%',
  'a:b|c<d>e*f',
  '"double" and \'single\'',
  '\\"escaped\\"',
  'a; filename="b.exe"',
  "'; DROP TABLE images; --",
  '<script>alert(1)</script>',
  '$(reboot) `id` $HOME {{y}}',
  '-rf',
  'con',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  '0',
  'é',
  'e\u0301',
  'ß',
  'ﬀ',
  'İstanbul',
  'Ελλάς',
  '日本語',
  'שלום',
  '\u202egnp.exe',
  'a\u200eb\u200f\u2066c\u2069',
  'a\u200bb\u2060',
  '\ufeffbom',
  'line\u2028and\u2029paragraph',
  '\u00a0',
  '\u3000wide\u3000',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  '😀'.repeat(32),
  '\u{10ffff}\uffff\ue000',
  'x'.repeat(128),
  '%'.repeat(128),
  'ÿ'.repeat(64),
];

const SHORT = NAMES.filter((name) => [...name].length <= 64);
const query = (parameters: Record<string, string>) => `/images?${new URLSearchParams(parameters)}`;
const asTag = (name: string) => name.trim().toLowerCase().normalize('NFC');

/** One form for each way in which texts are read. */
const FORMS = ['JSON with base64', 'a form with the file last', 'raw bytes'];

describe.each(DIVIDED_HOMES)('texts full of traps come back exactly, from every form (%s)', (kind) => {
  const home = useHome(kind);

  it.each(NAMES)('%j as title, description, filename and user', async (name) => {
    for (const form of FORMS) {
      const fields = { user_id: name, title: name, description: `${name}\n\t${name}\r\n`, filename: name };
      const { path, init } = uploadCall(form, newPng(), fields);
      const image = await expectImage(await home.request(path, init), 201);
      expect(image).toMatchObject(fields);
      expect(await expectImage(await home.request(`/images/${image.image_id}`))).toEqual(image);
    }
    const { items } = await expectList(await home.request(query({ user_id: name })));
    expect(items).toHaveLength(FORMS.length);
    expect(
      items.every((item) => [item.user_id, item.title, item.filename].every((text) => text === name)),
    ).toBe(true);
  });

  it.each(NAMES)('%j as the name of a download, shown or saved', async (name) => {
    const { path, init } = uploadCall('JSON with base64', newPng(), { user_id: 'alice', filename: name });
    const { image_id } = await expectImage(await home.request(path, init), 201);
    for (const [download, type] of [
      ['true', 'attachment'],
      ['false', 'inline'],
    ]) {
      const { url } = await expectImage(await home.request(`/images/${image_id}?download=${download}`));
      const { status, headers } = await home.follow(url ?? '');
      const disposition = headers.get('content-disposition') ?? '';
      // As a file it is a picture, whatever its uploader has called it.
      const given = name.endsWith('.png') ? name : `${name}.png`;
      expect([status, disposition.split(';')[0], downloadName(disposition)]).toEqual([200, type, given]);
      const redirect = await home.request(`/images/${image_id}/content?download=${download}`);
      expect(redirect.headers.get('location')).toBe(url);
    }
  });

  it.each(SHORT.filter((name) => asTag(name) !== ''))('%j as a tag', async (name) => {
    const ids: string[] = [];
    for (const form of FORMS) {
      const { path, init } = uploadCall(form, newPng(), {
        user_id: `tagger of ${asTag(name)}`.slice(0, 30),
        tags: [name],
      });
      const image = await expectImage(await home.request(path, init), 201);
      expect(image.tags).toEqual([asTag(name)]);
      ids.push(image.image_id);
    }
    const { items } = await expectList(await home.request(`${query({ tag: name })}&limit=200`));
    expect(items.every(({ tags }) => tags[0] === asTag(name))).toBe(true);
    expect(items.map(({ image_id }) => image_id)).toEqual(expect.arrayContaining(ids));
  });
});

describe.each(DIVIDED_HOMES)('no user ever gets into the rows or bytes of another (%s)', (kind) => {
  const home = useHome(kind);
  /** Names that some normalisation, escaping or prefix might take for one another. */
  const users = [
    ...new Set([
      ...NAMES,
      'alice',
      'Alice',
      'alice ',
      ' alice',
      'alice/',
      'alice#',
      'alic',
      'alice.',
      'alice%00',
    ]),
  ];
  const uploaded = new Map<string, { image_id: string; bytes: Buffer; url: string }>();

  beforeAll(async () => {
    for (const user_id of users) {
      const bytes = newPng();
      const { path, init } = uploadCall('JSON with base64', bytes, { user_id, tags: ['shared'] });
      const { image_id, url } = await expectImage(await home.request(path, init), 201);
      uploaded.set(user_id, { image_id, bytes, url: url ?? '' });
    }
  });

  it('each lists exactly its own, with and without a tag', async () => {
    for (const [user_id, { image_id }] of uploaded) {
      for (const filter of [{ user_id }, { user_id, tag: 'shared' }]) {
        const { items } = await expectList(await home.request(query(filter)));
        expect(items.map((item) => [item.user_id, item.image_id])).toEqual([[user_id, image_id]]);
      }
    }
  });

  it('each gets its own bytes, also when all others are deleted', async () => {
    for (const { bytes, url } of uploaded.values()) {
      expect(Buffer.from(await (await home.follow(url)).bytes()).equals(bytes)).toBe(true);
    }
    for (const { image_id, bytes, url } of uploaded.values()) {
      expect(Buffer.from(await (await home.follow(url)).bytes()).equals(bytes)).toBe(true);
      expect((await home.request(`/images/${image_id}`, { method: 'DELETE' })).status).toBe(204);
    }
    expect(await home.stored()).toEqual(NOTHING);
  });

  it('no object lies outside of its user, whatever the user is called', async () => {
    for (const user_id of users) {
      const { path, init } = uploadCall('raw bytes', newPng(), { user_id });
      await expectImage(await home.request(path, init), 201);
    }
    const { objects } = await home.stored();
    expect(objects).toHaveLength(users.length);
    for (const key of objects) expect(key).toMatch(/^(?:[A-Za-z0-9_-]|%[0-9A-F]{2})+\/[0-9a-f-]{36}$/);
    expect(new Set(objects.map((key) => key.split('/')[0])).size).toBe(users.length);
  });
});

describe.each(DIVIDED_HOMES)('the name of a file in a form (%s)', (kind) => {
  const home = useHome(kind);
  const user = { name: 'user_id', value: 'alice' };
  const named = (filename: string) => postForm([user, filePart('file', newPng(), filename)]);

  it.each([
    ['日本語.png', '日本語.png'],
    ['a%22b.png', 'a%22b.png'],
    ['a;b="c.png'.replaceAll('"', '\\"'), 'a;b="c.png'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\\\photos\\\\osprey.png', 'osprey.png'],
    ['..', null],
  ])('%j is taken as %j: no folders (RFC 7578, section 4.2)', async (sent, filename) => {
    const { path, init } = named(sent);
    expect(await expectImage(await home.request(path, init), 201)).toMatchObject({ filename });
  });

  it.each([
    ['NUL', 'a\0.png'],
    ['an escape', 'a\x1b[0m.png'],
    ['256 characters', 'x'.repeat(256)],
  ])('%s in it is refused', (what, filename) =>
    expectRefusal(home, [what, named(filename), 'invalid_request', 'filename']),
  );

  it('bytes in it that are not UTF-8 are refused', async () => {
    const { path, init } = named('a\u00e9.png');
    const body = Buffer.from(
      (init.body as Buffer).toString('latin1').replace('\u00c3\u00a9', '\u00e9'),
      'latin1',
    );
    await expectRefusal(home, ['Latin-1', { path, init: { ...init, body } }, 'invalid_request', 'filename']);
  });
});

describe.each(DIVIDED_HOMES)('the replacement character (%s)', (kind) => {
  const home = useHome(kind);

  it('comes back from JSON and from the query; a form, where it may stand for broken bytes, is refused', async () => {
    for (const form of FORM_NAMES) {
      const call = uploadCall(form, newPng(), { user_id: 'alice', title: 'a\ufffdb' });
      if (form.startsWith('a form')) await expectRefusal(home, [form, call, 'invalid_request', 'title']);
      else
        expect(await expectImage(await home.request(call.path, call.init), 201)).toMatchObject({
          title: 'a\ufffdb',
        });
    }
  });
});
