import { describe, expect, it } from 'vitest';
import { startUpload } from '../support/announced-uploads.ts';
import { expectImage, expectProblem } from '../support/answers.ts';
import { asUser } from '../support/as-caller.ts';
import { DIVIDED_HOMES, NOTHING, SERVING_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { processed } from '../support/image-calls.ts';
import { believing, useIssuer } from '../support/token-issuer.ts';
import { newPng, postRaw, upload } from '../support/uploads.ts';

const APP = 'https://app.example.com';
const LOCAL_APP = 'http://localhost:5173';
const EVIL = 'https://evil.example';
const FOREIGN = [
  EVIL,
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com.evil.example',
  'https://APP.example.com',
  'null',
];

type Home = Omit<TestHome, 'close'>;

const preflight = (home: Home, path: string, origin: string, method: string, headers = 'authorization') =>
  home.request(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': headers,
    },
  });

const allowed = ({ headers }: Response, name: 'origin' | 'methods' | 'headers') =>
  headers.get(`access-control-allow-${name}`);

const listed = (text: string | null) => (text ?? '').toLowerCase().split(/\s*,\s*/);

describe.each(DIVIDED_HOMES)('pages of other origins (%s)', (kind) => {
  const issuer = useIssuer(() => home.clock.now());
  const home: Home = useHome(kind, () => ({
    config: { ...believing(issuer.url), localOnly: false, corsOrigins: [APP, LOCAL_APP] },
  }));

  it.each([APP, LOCAL_APP])('%s may ask for all that the API has', async (origin) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const sent = 'authorization,content-type,idempotency-key,if-match,range,x-request-id,content-digest';
      const response = await preflight(home, '/images/x', origin, method, sent);
      expect(response.status).toBe(204);
      expect(allowed(response, 'origin')).toBe(origin);
      expect(listed(allowed(response, 'methods'))).toContain(method.toLowerCase());
      expect(listed(allowed(response, 'headers'))).toEqual(expect.arrayContaining(sent.split(',')));
      expect(response.headers.get('access-control-max-age')).toBe('3600');
      expect(listed(response.headers.get('vary'))).toContain('origin');
      // There are no cookies.
      expect(response.headers.has('access-control-allow-credentials')).toBe(false);
    }
  });

  it.each(FOREIGN)('%s may not', async (origin) => {
    const asked = await preflight(home, '/images', origin, 'POST');
    const got = await home.request('/health', { headers: { origin } });
    for (const response of [asked, got]) {
      expect(allowed(response, 'origin')).toBeNull();
      // A cache must not give this answer to others.
      expect(listed(response.headers.get('vary'))).toContain('origin');
    }
  });

  it('a page reads what it is answered, and the headers that are for it', async () => {
    const alice = await asUser(home, issuer, 'alice');
    const { path, init } = postRaw(newPng(), {});
    const headers = { 'content-type': 'image/png', origin: APP };
    const response = await alice.request(path, { ...init, headers });
    expect(allowed(response, 'origin')).toBe(APP);
    const exposed = listed(response.headers.get('access-control-expose-headers'));
    for (const name of ['etag', 'location', 'x-request-id']) {
      expect(response.headers.has(name), name).toBe(true);
      expect(exposed).toContain(name);
    }
    expect(exposed).toEqual(
      expect.arrayContaining(['retry-after', 'ratelimit', 'ratelimit-policy', 'www-authenticate']),
    );
    expect(exposed).toEqual(expect.arrayContaining(['idempotency-replayed', 'content-range']));
    await expectImage(response, 201);
  });

  it('a page reads errors as well', async () => {
    const alice = await asUser(home, issuer, 'alice');
    const reader = await asUser(home, issuer, 'alice', { scope: 'images:read' });
    const asked: readonly (readonly [Home, string, RequestInit, Parameters<typeof expectProblem>[1]])[] = [
      [home, '/images', {}, 'unauthenticated'],
      [reader, '/images/upload', { method: 'POST' }, 'forbidden'],
      [alice, '/images/x', {}, 'not_found'],
      [alice, '/nowhere', {}, 'not_found'],
      [alice, '/images?limit=x', {}, 'invalid_request'],
      [alice, '/images', { method: 'PUT' }, 'method_not_allowed'],
      [
        alice,
        '/images',
        { method: 'POST', headers: { 'content-type': 'text/plain' } },
        'unsupported_media_type',
      ],
    ];
    for (const [caller, path, init, code] of asked) {
      const headers = { ...Object.fromEntries(new Headers(init.headers)), origin: APP };
      const response = await caller.request(path, { ...init, headers });
      expect(allowed(response, 'origin'), code).toBe(APP);
      expect(listed(response.headers.get('access-control-expose-headers'))).toContain('www-authenticate');
      expect(listed(response.headers.get('vary'))).toContain('origin');
      await expectProblem(response, code);
    }
  });

  it('an answer that depends on something else says that too', async () => {
    const alice = await asUser(home, issuer, 'alice');
    const { image_id } = await processed(alice, newPng(), { user_id: 'alice' });
    for (const origin of [APP, EVIL]) {
      const headers = { origin, accept: 'image/webp' };
      const response = await alice.request(`/images/${image_id}/renditions?w=4&format=auto`, { headers });
      expect(response.status).toBe(302);
      expect(listed(response.headers.get('vary')).toSorted()).toEqual(['accept', 'origin']);
    }
  });

  it('whoever is no page is answered as ever', async () => {
    const response = await home.request('/health');
    expect(response.status).toBe(200);
    expect(allowed(response, 'origin')).toBeNull();
  });
});

describe('pages of all origins', () => {
  const home = useHome('memory', { config: { localOnly: false, corsOrigins: ['*'] } });

  it.each([APP, ...FOREIGN])('%s may ask for, and read, everything', async (origin) => {
    expect(allowed(await preflight(home, '/images', origin, 'PUT'), 'origin')).toBe('*');
    const response = await home.request('/images/x', { headers: { origin } });
    expect(allowed(response, 'origin')).toBe('*');
    await expectProblem(response, 'not_found');
  });
});

describe('where no origins are set', () => {
  const home = useHome('memory', { config: { localOnly: false } });

  it('no page of another origin may ask for anything', async () => {
    const response = await preflight(home, '/images', APP, 'POST');
    expect(allowed(response, 'origin')).toBeNull();
    await expectProblem(response, 'method_not_allowed');
    expect(allowed(await home.request('/health', { headers: { origin: APP } }), 'origin')).toBeNull();
  });
});

describe.each(SERVING_HOMES)('presigned URLs in pages of other origins (%s)', (kind) => {
  const home = useHome(kind, { config: { localOnly: false, corsOrigins: [APP] } });

  it('take a PUT, with every header that it needs', async () => {
    const bytes = newPng();
    const about = { content_type: 'image/png', method: 'put', checksum_sha256: undefined };
    const { upload: signed } = await startUpload(home, bytes, about);
    const path = signed.url.slice(home.context.publicUrl.length);
    // Browsers say the length by themselves, and ask nobody.
    const names = Object.keys(signed.headers).filter((name) => name.toLowerCase() !== 'content-length');
    const asked = await preflight(home, path, APP, 'PUT', names.join(','));
    expect(listed(allowed(asked, 'headers'))).toEqual(
      expect.arrayContaining(names.map((name) => name.toLowerCase())),
    );
    const headers = {
      ...Object.fromEntries(names.map((name) => [name, signed.headers[name] ?? ''])),
      origin: APP,
    };
    const sent = await home.follow(signed.url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
    expect(sent.status).toBeLessThan(300);
    expect(allowed(sent, 'origin')).toBe(APP);
    const refused = await home.follow(`${signed.url}x`, {
      method: 'PUT',
      headers,
      body: new Uint8Array(bytes),
    });
    expect(allowed(refused, 'origin')).toBe(APP);
    await expectProblem(refused, 'forbidden');
  });

  it('take a PUT with an announced checksum as well', async () => {
    const announced = { content_type: 'image/png', method: 'put', checksum_sha256: '0'.repeat(64) };
    const { upload: signed } = await startUpload(home, newPng(), announced);
    const names = Object.keys(signed.headers).map((name) => name.toLowerCase());
    const asked = await preflight(home, '/objects/x', APP, 'PUT', names.join(','));
    const unasked = names.filter((name) => name !== 'content-length');
    expect(listed(allowed(asked, 'headers'))).toEqual(expect.arrayContaining(unasked));
  });

  it('are read, ranges included', async () => {
    const { url } = await upload(home, {}, newPng());
    const headers = { origin: APP, range: 'bytes=0-9' };
    const response = await home.follow(url ?? '', { headers });
    expect(response.status).toBe(206);
    expect(allowed(response, 'origin')).toBe(APP);
    expect(listed(response.headers.get('access-control-expose-headers'))).toEqual(
      expect.arrayContaining(['content-range', 'accept-ranges', 'etag']),
    );
  });
});

describe.each(DIVIDED_HOMES)('a server for this machine alone (%s)', (kind) => {
  const home = useHome(kind, { config: { localOnly: true, corsOrigins: [APP] } });
  const { path, init } = postRaw(newPng(), { user_id: 'alice' });
  const send = (origin: string) =>
    home.request(path, {
      ...init,
      headers: { 'content-type': 'image/png', origin, 'sec-fetch-site': 'cross-site' },
    });

  it('takes nothing from pages of origins that are not allowed', async () => {
    for (const origin of FOREIGN) await expectProblem(await send(origin), 'forbidden');
    expect(await home.stored()).toEqual(NOTHING);
  });

  it('takes what pages of an allowed origin send', async () => {
    const response = await send(APP);
    expect(allowed(response, 'origin')).toBe(APP);
    await expectImage(response, 201);
  });

  it('has its own names alone, also for pages of an allowed origin', async () => {
    const headers = { origin: APP, host: 'evil.example' };
    await expectProblem(await home.request('/images', { headers }), 'forbidden');
  });
});

describe('a server for this machine alone, with all origins allowed', () => {
  const home = useHome('memory', { config: { localOnly: true, corsOrigins: ['*'] } });

  it('still takes nothing from pages of the internet, which nobody has named', async () => {
    const { path, init } = postRaw(newPng(), { user_id: 'alice' });
    const headers = { 'content-type': 'image/png', origin: EVIL, 'sec-fetch-site': 'cross-site' };
    await expectProblem(await home.request(path, { ...init, headers }), 'forbidden');
    expect(await home.stored()).toEqual(NOTHING);
  });
});
