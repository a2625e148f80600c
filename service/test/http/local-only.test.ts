import { describe, expect, it } from 'vitest';
import { expectImage, expectList, expectProblem } from '../support/answers.ts';
import { HOMES, NOTHING, SERVING_HOMES, useHome } from '../support/homes.ts';
import { newPng, postRaw, upload } from '../support/uploads.ts';

const FOREIGN_HOSTS = [
  'evil.example',
  'evil.example:3000',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'evil-localhost',
  '10.0.0.1:3000',
  '169.254.169.254',
  '0.0.0.0:3000',
  '[::2]:3000',
  '127.0.0.1:3000@evil.example',
  'evil.example/127.0.0.1',
  'a b',
  ':3000',
];

const OWN_HOSTS = [
  '127.0.0.1',
  '127.0.0.1:3000',
  '127.0.0.1:49152',
  'localhost:3000',
  'LOCALHOST:3000',
  '[::1]:3000',
  'photos.internal',
  'photos.internal:8443',
];

describe.each(HOMES)('access that is open to this machine only (%s)', (kind) => {
  const home = useHome(kind, { config: { localOnly: true, publicUrl: 'http://photos.internal/tintype' } });
  const { path, init } = postRaw(newPng(), { user_id: 'alice' });
  const post = (headers: Record<string, string>) =>
    home.request(path, { ...init, headers: { 'content-type': 'image/png', ...headers } });

  it.each(FOREIGN_HOSTS)('by the name %s, which leads here but is not ours: 403', async (host) => {
    for (const place of [
      '/images',
      '/images/x',
      '/health',
      '/openapi.json',
      '/docs',
      '/objects/x',
      '/nothing',
    ]) {
      await expectProblem(await home.request(place, { headers: { host } }), 'forbidden');
    }
    await expectProblem(await post({ host }), 'forbidden');
    expect(await home.stored()).toEqual(NOTHING);
  });

  it.each([
    ['Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }],
    ['Origin', { origin: 'https://evil.example' }],
    ['an Origin with our name in it', { origin: 'https://localhost.evil.example' }],
    ['an opaque Origin', { origin: 'null' }],
    ['an Origin of nonsense', { origin: '://' }],
    ['both', { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:3000' }],
  ])('a page of another site that sends here, as %s shows: 403', async (_what, headers) => {
    await expectProblem(await post(headers), 'forbidden');
    for (const method of ['PATCH', 'DELETE', 'PUT', 'OPTIONS']) {
      await expectProblem(await home.request('/images/x', { method, headers }), 'forbidden');
    }
    expect(await home.stored()).toEqual(NOTHING);
  });

  it('a page of another site may link here and show what it was given', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await home.request('/docs', { headers })).status).toBe(200);
  });
});

describe.each(HOMES)('access from this machine (%s)', (kind) => {
  const home = useHome(kind, { config: { localOnly: true, publicUrl: 'http://photos.internal/tintype' } });
  const { path, init } = postRaw(newPng(), { user_id: 'alice' });

  it.each(OWN_HOSTS)('by our own name %s: all is open', async (host) => {
    await expectList(await home.request('/images', { headers: { host } }));
    const headers = { 'content-type': 'image/png', host };
    await expectImage(await home.request(path, { ...init, headers }), 201);
  });

  it.each([
    ['no page at all', {}],
    ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:3000' }],
    [
      'a page of another port of this machine',
      { 'sec-fetch-site': 'same-site', origin: 'http://localhost:5173' },
    ],
    ['a page at our public name', { origin: 'https://photos.internal' }],
  ])('from %s: all is open', async (_what, more) => {
    const headers = { 'content-type': 'image/png', ...more };
    await expectImage(await home.request(path, { ...init, headers }), 201);
  });

  it('URLs are made of the public address, never of the Host header', async () => {
    const headers = { 'content-type': 'image/png', host: 'localhost:1', 'x-forwarded-host': 'evil.example' };
    const response = await home.request(path, { ...init, headers });
    expect(response.headers.get('location')).toMatch(/^http:\/\/photos\.internal\/tintype\/images\//);
    const { url } = await expectImage(response, 201);
    expect(url).not.toMatch(/localhost:1\/|evil\.example/);
    expect((await home.follow(url ?? '')).status).toBe(200);
  });
});

describe.each(SERVING_HOMES)('the URL of an image at a public address with a path (%s)', (kind) => {
  const home = useHome(kind, { config: { localOnly: true, publicUrl: 'http://photos.internal/tintype' } });

  it('lies below that address, whatever the Host header says', async () => {
    const { path, init } = postRaw(newPng(), { user_id: 'alice' });
    const headers = { 'content-type': 'image/png', host: 'localhost:1', 'x-forwarded-host': 'evil.example' };
    const { url } = await expectImage(await home.request(path, { ...init, headers }), 201);
    expect(url).toMatch(/^http:\/\/photos\.internal\/tintype\/objects\//);
    expect((await home.follow(url ?? '')).status).toBe(200);
  });
});

describe.each(HOMES)('access that is open to everybody (%s)', (kind) => {
  const home = useHome(kind, { config: { localOnly: false } });

  it('asks neither for names nor for origins', async () => {
    await upload(home);
    const headers = { host: 'evil.example', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await expectList(await home.request('/images', { headers }))).count).toBe(1);
    const { path, init } = postRaw(newPng(), { user_id: 'alice' });
    const answer = await home.request(path, {
      ...init,
      headers: { 'content-type': 'image/png', ...headers },
    });
    await expectImage(answer, 201);
  });
});
