import { beforeAll, describe, expect, it } from 'vitest';
import { expectEmpty, expectImage } from '../support/answers.ts';
import { downloadName } from '../support/download-name.ts';
import { type TestHome, useHome } from '../support/homes.ts';
import { newPng, upload } from '../support/uploads.ts';

/** Where S3 serves presigned URLs: over real HTTP, past our own service. */
const FILENAME = 'Größe & "Möwe" (1).png';
const BYTES = newPng(5000);

function useUrls(home: Omit<TestHome, 'close'>) {
  const urls = { shown: '', saved: '', other: '' };
  beforeAll(async () => {
    const { image_id, url } = await upload(home, { filename: FILENAME }, BYTES);
    urls.shown = url ?? '';
    const saved = await home.request(`/images/${image_id}?download=true`);
    urls.saved = (await expectImage(saved)).url ?? '';
    urls.other = (await upload(home)).url ?? '';
  });
  return urls;
}

/** The URL with something done to its parts. */
function changed(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

const set = (name: string, value: string) => (url: string) =>
  changed(url, ({ searchParams }) => searchParams.set(name, value));

const drop = (name: string) => (url: string) => changed(url, ({ searchParams }) => searchParams.delete(name));

const FORGERIES: readonly (readonly [what: string, forge: (url: string, other: string) => string])[] = [
  ['no query', (url) => changed(url, (parts) => Object.assign(parts, { search: '' }))],
  ['a longer life', set('X-Amz-Expires', '604800')],
  ['a later beginning', (url) => url.replace(/(X-Amz-Date=\d{8}T\d{4})00Z/, '$101Z')],
  ['another type', set('response-content-type', 'text/html')],
  ['no type', drop('response-content-type')],
  ['another disposition', set('response-content-disposition', 'inline; filename=x.html')],
  ['no disposition', drop('response-content-disposition')],
  ['a header more', set('response-cache-control', 'public')],
  ['another signature', set('X-Amz-Signature', '0'.repeat(64))],
  [
    'another image',
    (url, other) => changed(url, (parts) => Object.assign(parts, { pathname: new URL(other).pathname })),
  ],
];

describe('a presigned URL of S3', () => {
  const home = useHome('aws');
  const urls = useUrls(home);

  it('gives the bytes, as what they are and under their name, to be shown or saved', async () => {
    for (const [url, type] of [
      [urls.shown, 'inline'],
      [urls.saved, 'attachment'],
    ] as const) {
      const response = await home.follow(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('image/png');
      const disposition = response.headers.get('content-disposition') ?? '';
      expect([disposition.split(';')[0], downloadName(disposition)]).toEqual([type, FILENAME]);
      expect(response.headers.get('etag')).toMatch(/^"[^"]+"$/);
      expect(Buffer.from(await response.bytes()).equals(BYTES)).toBe(true);
    }
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=100-199', 100, 200],
    ['bytes=4900-', 4900, 5000],
    ['bytes=-100', 4900, 5000],
  ])('gives a range: %s', async (range, start, end) => {
    const response = await home.follow(urls.shown, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/5000`);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await response.bytes()).equals(BYTES.subarray(start, end))).toBe(true);
  });

  it('gives no range that lies outside: 416', async () => {
    expect((await home.follow(urls.shown, { headers: { range: 'bytes=5000-' } })).status).toBe(416);
  });

  it.each(FORGERIES)('is good for nothing else: %s is 403', async (_what, forge) => {
    const forged = forge(urls.shown, urls.other);
    expect(forged).not.toBe(urls.shown);
    const response = await home.follow(forged);
    expect([response.status, (await response.text()).includes('PNG')]).toEqual([403, false]);
  });

  it('is no URL without its signature: 400', async () => {
    expect((await home.follow(drop('X-Amz-Signature')(urls.shown))).status).toBe(400);
  });

  it.each(['PUT', 'POST', 'DELETE', 'HEAD'])('is good for no other method: %s is refused', async (method) => {
    const { status } = await home.follow(urls.shown, { method });
    expect([403, 405, 411, 412, 501]).toContain(status);
    expect((await home.follow(urls.shown)).status).toBe(200);
  });
});

describe('the end of a presigned URL of S3', () => {
  const home = useHome('aws', { config: { urlExpiresSeconds: 60 } });

  it('comes with its expiry: 403', async () => {
    const MINUTE = 60_000;
    home.clock.set(new Date(Date.now() - 3 * MINUTE).toISOString());
    const { image_id, url, url_expires_at } = await upload(home);
    expect(Date.parse(url_expires_at ?? '')).toBeLessThan(Date.now());
    expect((await home.follow(url ?? '')).status).toBe(403);
    home.clock.release();
    const fresh = await expectImage(await home.request(`/images/${image_id}`));
    expect((await home.follow(fresh.url ?? '')).status).toBe(200);
  });

  it('comes at the instant that the image names', async () => {
    const { url, url_expires_at } = await upload(home);
    const { searchParams } = new URL(url ?? '');
    const [, year, month, day, time] =
      /^(\d{4})(\d\d)(\d\d)T(\d{6})Z$/.exec(searchParams.get('X-Amz-Date') ?? '') ?? [];
    const clock = time?.replaceAll(/(\d\d)(?=\d)/g, '$1:');
    const begin = Date.parse(`${year}-${month}-${day}T${clock}Z`);
    const end = begin + Number(searchParams.get('X-Amz-Expires')) * 1000;
    expect(new Date(end).toISOString()).toBe(url_expires_at);
    expect(begin).toBeLessThanOrEqual(Date.now());
  });

  it('comes with the image: 404', async () => {
    const { image_id, url } = await upload(home);
    expect((await home.follow(url ?? '')).status).toBe(200);
    await expectEmpty(await home.request(`/images/${image_id}`, { method: 'DELETE' }), 204);
    expect((await home.follow(url ?? '')).status).toBe(404);
  });
});
