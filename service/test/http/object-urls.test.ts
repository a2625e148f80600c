import { beforeAll, describe, expect, it } from 'vitest';
import { expectEmpty, expectImage, expectProblem } from '../support/answers.ts';
import { openTestHome, SERVING_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { newPng, upload } from '../support/uploads.ts';

/** A presigned URL taken apart as it is written, nothing decoded. */
interface Pieces {
  readonly path: string;
  readonly parameters: readonly string[];
}

const FILENAME = 'My osprey (1)*.png';

function piecesOf(url: string): Pieces {
  const [path = '', query = ''] = new URL(url).href.slice(new URL(url).origin.length).split('?');
  return { path, parameters: query.split('&') };
}

const together = ({ path, parameters }: Pieces) => `${path}?${parameters.join('&')}`;

/** What somebody who has one URL may try with it. Each must give another URL than the one that was signed. */
const FORGERIES: readonly (readonly [what: string, forge: (pieces: Pieces, other: Pieces) => string])[] = [
  ['no query', ({ path }) => path],
  ['an empty query', ({ path }) => `${path}?`],
  ['a later expiry', (url) => changed(url, 'expires', (value) => String(Number(value) + 3600))],
  ['an expiry of another form', (url) => changed(url, 'expires', (value) => `${value}.0`)],
  ['another type', (url) => changed(url, 'response-content-type', () => 'text%2Fhtml')],
  ['no type', (url) => changed(url, 'response-content-type', () => '')],
  ['another disposition', (url) => changed(url, 'response-content-disposition', () => 'inline')],
  ['an empty signature', (url) => changed(url, 'signature', () => '')],
  ['a signature cut off', (url) => changed(url, 'signature', (value) => value.slice(0, -1))],
  ['a signature with more', (url) => changed(url, 'signature', (value) => `${value}A`)],
  ['a signature with padding', (url) => changed(url, 'signature', (value) => `${value}=`)],
  ['a signature spelled otherwise', (url) => changed(url, 'signature', otherSpelling)],
  ['a signature of another key', (url) => changed(url, 'signature', (value) => `AAAAAA${value.slice(6)}`)],
  ['a signature in lower case', (url) => changed(url, 'signature', (value) => value.toLowerCase())],
  [
    "another image's signature",
    (url, other) => changed(url, 'signature', () => parameterOf(other, 'signature')),
  ],
  ["another image's path", ({ parameters }, { path }) => together({ path, parameters })],
  ['a parameter more', ({ path, parameters }) => together({ path, parameters: ['x=1', ...parameters] })],
  ['a parameter after the signature', (url) => `${together(url)}&x=1`],
  ['a second signature', (url) => `${together(url)}&signature=x`],
  ['a fragment of a query', (url) => `${together(url)}&`],
  [
    'escaped letters in the path',
    ({ path, parameters }) => together({ path: path.replace('alice', '%61lice'), parameters }),
  ],
  [
    'an escaped slash in the path',
    ({ path, parameters }) => together({ path: path.replace('alice/', 'alice%2F'), parameters }),
  ],
  [
    'a double slash',
    ({ path, parameters }) => together({ path: path.replace('alice/', 'alice//'), parameters }),
  ],
  ['a slash at the end', ({ path, parameters }) => together({ path: `${path}/`, parameters })],
  ['another spelling of a space', (url) => together(url).replaceAll('+', '%20')],
  ['lower-case escapes', (url) => together(url).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
  ['escaped names', (url) => together(url).replace('expires=', '%65xpires=')],
];

function changed({ path, parameters }: Pieces, name: string, change: (value: string) => string): string {
  const other = parameters.map((parameter) => {
    const [key = '', value = ''] = parameter.split('=');
    return key === name ? `${key}=${change(value)}` : parameter;
  });
  return together({ path, parameters: other });
}

function parameterOf({ parameters }: Pieces, name: string): string {
  return parameters.find((parameter) => parameter.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}

/** base64url of 32 bytes leaves two bits of the last character unused: four spellings decode alike. */
function otherSpelling(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(signature.slice(-1));
  return signature.slice(0, -1) + alphabet[last ^ 1];
}

function useUrls(home: Omit<TestHome, 'close'>) {
  const urls: { one: string; other: string } = { one: '', other: '' };
  beforeAll(async () => {
    const one = await upload(home, { filename: FILENAME }, newPng());
    const viewed = await home.request(`/images/${one.image_id}?download=true`);
    urls.one = (await expectImage(viewed)).url ?? '';
    urls.other = (await upload(home, { filename: FILENAME }, newPng())).url ?? '';
  });
  return urls;
}

describe.each(SERVING_HOMES)(
  'a presigned URL serves as it was given out, and in no other form (%s)',
  (kind) => {
    const home = useHome(kind);
    const urls = useUrls(home);

    it.each(FORGERIES)('%s: 403', async (_what, forge) => {
      expect((await home.follow(urls.one)).status).toBe(200);
      const forged = forge(piecesOf(urls.one), piecesOf(urls.other));
      expect(forged).not.toBe(together(piecesOf(urls.one)));
      for (const method of ['GET', 'HEAD']) {
        const response = await home.request(forged, { method });
        if (method === 'GET') await expectProblem(response, 'forbidden');
        else await expectEmpty(response, 403);
      }
    });

    it('each parameter dropped, doubled, emptied or moved: 403', async () => {
      const { path, parameters } = piecesOf(urls.one);
      expect(parameters.length).toBeGreaterThanOrEqual(4);
      for (const [at, parameter] of parameters.entries()) {
        const others = parameters.toSpliced(at, 1);
        const name = parameter.split('=')[0] ?? '';
        const forgeries = [
          others,
          [parameter, ...parameters],
          [...parameters, parameter],
          parameters.with(at, `${name}=`),
          parameters.with(at, name),
          ...(at === 0 ? [] : [[parameter, ...others]]),
          ...(at === parameters.length - 1 ? [] : [[...others, parameter]]),
        ];
        for (const forged of forgeries) {
          await expectProblem(await home.request(together({ path, parameters: forged })), 'forbidden');
        }
      }
    });

    it('each character of the signature counts', async () => {
      const signature = parameterOf(piecesOf(urls.one), 'signature');
      for (const at of signature.split('').keys()) {
        const other = signature[at] === 'A' ? 'B' : 'A';
        const forged = changed(
          piecesOf(urls.one),
          'signature',
          (value) => value.slice(0, at) + other + value.slice(at + 1),
        );
        await expectProblem(await home.request(forged), 'forbidden');
      }
    });

    it.each(['PATCH', 'DELETE', 'OPTIONS'])('%s: 405, and the object stays', async (method) => {
      const response = await home.follow(urls.one, { method });
      expect(response.headers.get('allow')).toBe('GET, HEAD, POST, PUT');
      await expectProblem(response, 'method_not_allowed');
      expect((await home.follow(urls.one)).status).toBe(200);
    });

    it.each(['POST', 'PUT'])('%s, which is for uploads: 403, and the object stays', async (method) => {
      const before = await (await home.follow(urls.one)).bytes();
      await expectProblem(await home.follow(urls.one, { method, body: 'other bytes' }), 'forbidden');
      expect(await (await home.follow(urls.one)).bytes()).toEqual(before);
    });

    it.each([
      '/objects/',
      '/objects/alice',
      '/objects/alice/..%2F..%2Fsigning-secret',
      '/objects/%00',
      '/objects/%',
      '/objects/%FF?signature=x',
    ])('%s leads nowhere: 403', async (path) => {
      await expectProblem(await home.request(path), 'forbidden');
    });
  },
);

describe.each(SERVING_HOMES)('the end of a presigned URL (%s)', (kind) => {
  const home = useHome(kind, { config: { urlExpiresSeconds: 60 } });

  it('comes at the instant that it names, and not before', async () => {
    home.clock.set('2026-11-21T10:00:00.500Z');
    const { url, url_expires_at } = await upload(home);
    expect(url_expires_at).toBe('2026-11-21T10:02:00.000Z');
    home.clock.set('2026-11-21T10:01:59.999Z');
    const last = await home.follow(url ?? '');
    expect(last.headers.get('cache-control')).toBe('private, max-age=0, immutable');
    expect(last.status).toBe(200);
    home.clock.set('2026-11-21T10:02:00.000Z');
    await expectProblem(await home.follow(url ?? ''), 'forbidden');
    await expectProblem(await home.follow(url ?? '', { headers: { 'if-none-match': '*' } }), 'forbidden');
  });

  it('comes with the image: 404 after its deletion, 403 once it has expired as well', async () => {
    home.clock.set('2026-11-21T11:00:00.000Z');
    const { image_id, url } = await upload(home);
    await expectEmpty(await home.request(`/images/${image_id}`, { method: 'DELETE' }), 204);
    await expectProblem(await home.follow(url ?? ''), 'not_found');
    await expectProblem(await home.follow(url ?? '', { headers: { range: 'bytes=0-1' } }), 'not_found');
    home.clock.set('2026-11-21T12:00:00.000Z');
    await expectProblem(await home.follow(url ?? ''), 'forbidden');
  });
});

describe.each(SERVING_HOMES)('the secrets behind presigned URLs (%s)', (kind) => {
  const OLD = 'old'.repeat(20);
  const NEW = 'new'.repeat(20);

  /** The status of a URL made with some secrets at a home that has others; 404: well signed, no object. */
  async function across(made: readonly string[], asked: readonly string[]): Promise<number> {
    await using homes = new AsyncDisposableStack();
    const open = async (signingSecrets: readonly string[]) =>
      homes.adopt(await openTestHome(kind, { config: { signingSecrets } }), (home) => home.close());
    const maker = await open(made);
    const { url } = await upload(maker);
    return (await (await open(asked)).follow(url ?? '')).status;
  }

  it('a URL of another installation is 403', async () => {
    expect(await across([OLD], [NEW])).toBe(403);
    expect(await across([], [])).toBe(403);
  });

  it('a URL made before the secret was changed stays good while the old one is named', async () => {
    expect(await across([OLD], [NEW, OLD])).toBe(404);
    expect(await across([NEW, OLD], [NEW])).toBe(404);
    expect(await across([NEW, OLD], [OLD])).toBe(403);
  });
});
