import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { expectEmpty, expectProblem } from '../support/answers.ts';
import { useHome } from '../support/homes.ts';
import { BUILD, SECRET, useMadeGallery } from '../support/made-gallery.ts';
import { recordingLog } from '../support/recording-log.ts';
import { newPng, upload } from '../support/uploads.ts';

const SCRIPT = '/assets/index-Cm0dE1Aa.js';
const STYLES = '/assets/index-Bb1dE2Bb.css';
const PICTURE = '/assets/photo-Dd2dE3Cc.webp';

const TOKENS = {
  AUTH: 'jwt',
  JWT_ISSUER: 'https://login.example.com/',
  JWT_AUDIENCE: 'tintype',
  JWT_SECRET: 's'.repeat(32),
};

/** Where each file of the build is served, and as what. */
const SERVED = [
  ['/', 'index.html', 'text/html; charset=utf-8', 'no-cache'],
  ['/icon.svg', 'icon.svg', 'image/svg+xml', 'no-cache'],
  [SCRIPT, SCRIPT.slice(1), 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  [STYLES, STYLES.slice(1), 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
  [PICTURE, PICTURE.slice(1), 'image/webp', 'public, max-age=31536000, immutable'],
  [
    '/assets/unknown-Ee3dE4Dd.xyz',
    'assets/unknown-Ee3dE4Dd.xyz',
    'application/octet-stream',
    'public, max-age=31536000, immutable',
  ],
] as const;

describe('the gallery', () => {
  const made = useMadeGallery();
  const home = useHome('memory', made.home());

  it.each(SERVED)('%s is %s of the build', async (path, name, type, caching) => {
    const response = await home.request(path);
    expect(response.status).toBe(200);
    const { headers } = response;
    expect([headers.get('content-type'), headers.get('cache-control')]).toEqual([type, caching]);
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(BUILD[name] ?? '')));
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.has('content-encoding')).toBe(false);
    expect(await response.text()).toBe(BUILD[name]);
  });

  it.each(SERVED)('%s is told of to HEAD as to GET, without its bytes', async (path) => {
    const [got, told] = [await home.request(path), await home.request(path, { method: 'HEAD' })];
    const without = ({ headers }: Response) =>
      Object.fromEntries([...headers].filter(([name]) => name !== 'x-request-id'));
    expect(without(told)).toEqual(without(got));
    await expectEmpty(told, 200);
  });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('is compressed by %s for whoever takes that', async (encoding, decompress) => {
    const accepting = { headers: { 'accept-encoding': encoding } };
    for (const path of ['/', SCRIPT]) {
      const plain = await home.request(path);
      const small = await home.request(path, accepting);
      const bytes = await small.bytes();
      expect(small.headers.get('content-encoding')).toBe(encoding);
      expect(small.headers.get('content-length')).toBe(String(bytes.length));
      expect(small.headers.get('etag')).not.toBe(plain.headers.get('etag'));
      for (const { headers } of [plain, small]) expect(headers.get('vary')).toBe('Accept-Encoding');
      const text = await plain.text();
      expect(decompress(bytes).toString()).toBe(text);
      expect(bytes.length).toBeLessThan(text.length / 2);
      // Once made it is kept: the same bytes again.
      expect(await (await home.request(path, accepting)).bytes()).toEqual(bytes);
    }
  });

  it('is as it is where compressing gains nothing, or is not wanted', async () => {
    for (const path of [STYLES, PICTURE, '/icon.svg']) {
      const { headers } = await home.request(path, { headers: { 'accept-encoding': 'gzip, br' } });
      expect([headers.get('content-encoding'), headers.get('vary')]).toEqual([null, null]);
    }
    for (const accepted of ['identity', 'zstd', 'br;q=0, gzip;q=0', '']) {
      const { headers } = await home.request(SCRIPT, { headers: { 'accept-encoding': accepted } });
      expect(headers.get('content-encoding'), accepted).toBeNull();
    }
    const { headers } = await home.request(SCRIPT, { headers: { 'accept-encoding': 'gzip, BR;q=0.1' } });
    expect(headers.get('content-encoding')).toBe('br');
  });

  it('is not sent again to whoever has it, and the page keeps its policy', async () => {
    for (const path of ['/', SCRIPT]) {
      for (const encoding of ['identity', 'gzip']) {
        const accepting = { 'accept-encoding': encoding };
        const { headers } = await home.request(path, { headers: accepting });
        const etag = headers.get('etag') ?? '';
        expect(etag).toMatch(/^"[\w-]{20,}"$/);
        for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
          const again = await home.request(path, { headers: { ...accepting, 'if-none-match': tags } });
          for (const name of ['etag', 'cache-control', 'content-security-policy', 'vary']) {
            expect(again.headers.get(name), name).toBe(headers.get(name));
          }
          await expectEmpty(again, 304);
        }
        const changed = await home.request(path, { headers: { ...accepting, 'if-none-match': '"other"' } });
        expect(changed.status).toBe(200);
      }
    }
  });

  it.each(['/', SCRIPT, '/icon.svg', '/assets/nothing.js', '/gallery.json'])(
    '%s takes GET and HEAD: any other is 405 with Allow',
    async (path) => {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        const response = await home.request(path, { method });
        expect(response.headers.get('allow')).toBe('GET, HEAD');
        await expectProblem(response, 'method_not_allowed');
      }
    },
  );

  it.each([
    '/nope',
    '/index.html',
    '/assets',
    '/assets/',
    '/assets/nothing.js',
    '/favicon.ico',
    '/.env',
    `/${SECRET}`,
    `/assets/../../${SECRET}`,
    `/assets/..%2f..%2f${SECRET}`,
    `/assets/%2e%2e/%2e%2e/${SECRET}`,
    `/assets/%252e%252e%252f${SECRET}`,
    `/assets/..%5c..%5c${SECRET}`,
    '/assets/index.html',
    `/assets/${SCRIPT}`,
    `//${SCRIPT}`,
    `${SCRIPT}/`,
    `${SCRIPT}%00`,
    `${SCRIPT.toUpperCase()}`,
    '/assets/%',
    '/assets/__proto__',
  ])('%s is no file of it: 404 as JSON, as everywhere', async (path) => {
    await expectProblem(await home.request(path), 'not_found');
    if (!path.startsWith('/assets')) {
      await expectProblem(await home.request(path, { method: 'POST' }), 'not_found');
    }
  });

  it('leaves the API as it is', async () => {
    const { image_id } = await upload(home, {}, newPng());
    expect((await home.request(`/images/${image_id}`)).status).toBe(200);
    expect((await home.request('/docs')).headers.get('content-type')).toMatch('text/html');
    const document = await (await home.request('/openapi.json')).text();
    expect(document).not.toMatch(/gallery|assets/);
  });

  it('keeps pages of foreign names out, as the API does', async () => {
    await expectProblem(await home.request('/', { headers: { host: 'evil.example' } }), 'forbidden');
  });

  it('is opened where uploads go: another name of this machine leads there, with what was asked', async () => {
    const at = (host: string) => home.request('/?code=a%26b&state=c', { headers: { host } });
    const response = await at('localhost:3000');
    expect([response.status, response.headers.get('location')]).toEqual([
      307,
      'http://127.0.0.1:3000/?code=a%26b&state=c',
    ]);
    // Something stands between that has a port of its own, such as a tunnel.
    for (const host of ['127.0.0.1:3000', '127.0.0.1', 'localhost:8080']) {
      expect((await at(host)).status, host).toBe(200);
    }
  });
});

describe('the gallery where others can reach it', () => {
  const made = useMadeGallery();
  const home = useHome('memory', made.home({ ...TOKENS, PUBLIC_URL: 'https://pictures.example.com' }));

  it('is open without a token, and with a bad one; what it shows is not', async () => {
    for (const path of ['/', SCRIPT, '/icon.svg', '/gallery.json']) {
      for (const headers of [{}, { authorization: 'Bearer nonsense' }]) {
        expect((await home.request(path, { headers })).status, path).toBe(200);
      }
    }
    await expectProblem(await home.request('/images'), 'unauthenticated');
  });

  it('tells browsers to stay with https, and does not go by names', async () => {
    const response = await home.request('/', { headers: { host: 'localhost:3000' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });
});

describe('requests for the gallery', () => {
  const made = useMadeGallery();
  const log = recordingLog();
  const taken: string[] = [];
  const limiter = {
    limit: 1,
    windowSeconds: 60,
    take: async (key: string) => {
      taken.push(key);
      return { allowed: false, remaining: 0, resetsInSeconds: 60 };
    },
  };
  const limited = made.home();
  const home = useHome('memory', () => {
    const { around, ...options } = limited();
    return {
      ...options,
      log,
      around: (context) => ({ ...(around?.(context) ?? context), rateLimiter: limiter }),
    };
  });

  it('have no line in the log each, but when they go wrong; then a pattern stands for the path', async () => {
    for (const path of ['/', SCRIPT, '/icon.svg', '/gallery.json']) await home.request(path);
    expect(log.entries).toEqual([]);
    await home.request('/assets/nothing-of-ours.js');
    expect(log.entries).toMatchObject([{ fields: { route: '/assets/*', status: 404 } }]);
    expect(JSON.stringify(log.entries)).not.toContain('nothing-of-ours');
  });

  it('count against no limit', async () => {
    for (const path of ['/', SCRIPT, '/icon.svg', '/gallery.json']) {
      const response = await home.request(path, { headers: { 'x-forwarded-for': '192.0.2.1' } });
      expect(response.status).toBe(200);
      expect(response.headers.has('ratelimit')).toBe(false);
    }
    expect(taken).toEqual([]);
  });
});

describe('a gallery that is not built', () => {
  const made = useMadeGallery({});
  const home = useHome('memory', made.home());

  it('is a page with the remedy, under the policy of data, and no other path is there', async () => {
    const response = await home.request('/');
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; frame-ancestors 'none'",
    );
    expect(await response.text()).toContain('npm run build:web');
    await expectProblem(await home.request(SCRIPT), 'not_found');
    expect((await home.request('/gallery.json')).status).toBe(200);
  });

  it('is told of in the log, once', async () => {
    const log = recordingLog();
    await made.open({}, log);
    expect(log.entries).toMatchObject([
      { level: 'warn', message: expect.stringContaining('npm run build:web') },
    ]);
  });

  it('does not keep the API from working', async () => {
    const { image_id } = await upload(home, {}, newPng());
    expect((await home.request(`/images/${image_id}/content`)).status).toBe(302);
  });
});

describe('GALLERY=off', () => {
  const made = useMadeGallery();
  const home = useHome('memory', made.home({ GALLERY: 'off' }));

  it.each(['/', SCRIPT, '/icon.svg', '/gallery.json', '/index.html'])('%s is no path', async (path) => {
    for (const method of ['GET', 'POST']) {
      await expectProblem(await home.request(path, { method }), 'not_found');
    }
  });
});
