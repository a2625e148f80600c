import { beforeAll, describe, expect, it } from 'vitest';
import { unavailable } from '../../src/domain/errors.ts';
import { expectEmpty, expectProblem } from '../support/answers.ts';
import { aroundObjects, countOpen } from '../support/around.ts';
import { SERVING_HOMES, type TestHome, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { upload } from '../support/uploads.ts';

const SMALL = png({ size: 1000 });
const LARGE = png({ size: 2 * 1024 * 1024 + 321 });

/** Two images, one that is sent as one piece and one that is streamed, and how to get at their bytes. */
function useImages(home: Omit<TestHome, 'close'>) {
  const urls = { small: '', large: '' };
  beforeAll(async () => {
    urls.small = (await upload(home, { filename: 'osprey.png' }, SMALL)).url ?? '';
    urls.large = (await upload(home, {}, LARGE)).url ?? '';
  });
  return (size: 'small' | 'large', headers: Record<string, string> = {}, method = 'GET') =>
    home.follow(urls[size], { method, headers });
}

const bytesOf = async (response: Response) => Buffer.from(await response.bytes());

describe.each(SERVING_HOMES)('the bytes of an image (%s)', (kind) => {
  const fetchImage = useImages(useHome(kind));

  it('come whole, as what they are, under their name, and can do nothing on our origin', async () => {
    const response = await fetchImage('small');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': expect.stringMatching(/^private, max-age=\d+, immutable$/),
      'content-disposition': expect.stringMatching(/^inline; filename="?osprey\.png"?$/),
      'content-length': '1000',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'content-type': 'image/png',
      'cross-origin-resource-policy': 'cross-origin',
      etag: expect.stringMatching(/^"[^"]+"$/),
      'last-modified': new Date(response.headers.get('last-modified') ?? '').toUTCString(),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    });
    expect((await bytesOf(response)).equals(SMALL)).toBe(true);
    expect((await bytesOf(await fetchImage('large'))).equals(LARGE)).toBe(true);
  });

  it('HEAD has the headers of GET and no body', async () => {
    for (const size of ['small', 'large'] as const) {
      const whole = await fetchImage(size);
      await whole.body?.cancel();
      const get = Object.fromEntries(whole.headers);
      const response = await fetchImage(size, {}, 'HEAD');
      const head = Object.fromEntries(response.headers);
      const both = { 'x-request-id': 'another each time', 'cache-control': 'a second may have gone by' };
      expect({ ...head, ...both }).toEqual({ ...get, ...both });
      await expectEmpty(response, 200);
    }
  });
});

describe.each(SERVING_HOMES)('a range of the bytes (%s)', (kind) => {
  const fetchImage = useImages(useHome(kind));

  it.each([
    ['the first byte', 'bytes=0-0', 0, 1],
    ['the first hundred', 'bytes=0-99', 0, 100],
    ['the middle', 'bytes=333-666', 333, 667],
    ['from a place to the end', 'bytes=900-', 900, 1000],
    ['the last byte', 'bytes=999-999', 999, 1000],
    ['beyond the end', 'bytes=900-9999999999999', 900, 1000],
    ['all of it', 'bytes=0-', 0, 1000],
    ['the last hundred', 'bytes=-100', 900, 1000],
    ['the last thousand', 'bytes=-1000', 0, 1000],
    ['a longer end than there is', 'bytes=-5000', 0, 1000],
  ])('%s: 206 with these bytes and no more', async (_what, range, start, end) => {
    const response = await fetchImage('small', { range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/1000`);
    expect(response.headers.get('content-length')).toBe(String(end - start));
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await bytesOf(response)).equals(SMALL.subarray(start, end))).toBe(true);
  });

  it('a range of megabytes is streamed', async () => {
    const response = await fetchImage('large', { range: 'bytes=100000-2000000' });
    expect(response.headers.get('content-range')).toBe(`bytes 100000-2000000/${LARGE.length}`);
    expect((await bytesOf(response)).equals(LARGE.subarray(100_000, 2_000_001))).toBe(true);
  });

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=99999-', 'bytes=-0'])(
    '%s lies outside: 416 with the size',
    async (range) => {
      const response = await fetchImage('small', { range });
      expect(response.headers.get('content-range')).toBe('bytes */1000');
      await expectProblem(response, 'range_not_satisfiable');
    },
  );

  it.each([
    ['several ranges', 'bytes=0-0,5-9'],
    ['another unit', 'items=0-5'],
    ['no numbers', 'bytes=a-b'],
    ['no unit', '0-5'],
    ['negative numbers', 'bytes=-5-10'],
    ['nothing', 'bytes='],
    ['a dash', 'bytes=-'],
  ])('%s (%s): the whole, as if there was no range', async (_what, range) => {
    const response = await fetchImage('small', { range });
    expect(response.status).toBe(200);
    expect(response.headers.has('content-range')).toBe(false);
    expect((await bytesOf(response)).equals(SMALL)).toBe(true);
  });

  it('HEAD knows no ranges (RFC 9110, section 14.2)', async () => {
    for (const range of ['bytes=0-99', 'bytes=5000-']) {
      const response = await fetchImage('small', { range }, 'HEAD');
      expect(response.headers.get('content-length')).toBe('1000');
      await expectEmpty(response, 200);
    }
  });
});

describe.each(SERVING_HOMES)('conditions on the bytes (%s)', (kind) => {
  const fetchImage = useImages(useHome(kind));
  const validators = async () => {
    const { headers } = await fetchImage('small', {}, 'HEAD');
    return { etag: headers.get('etag') ?? '', modified: headers.get('last-modified') ?? '' };
  };
  const later = (time: string, seconds: number) => new Date(Date.parse(time) + seconds * 1000).toUTCString();

  it('If-None-Match: 304 without a body for the tag, weak or in a list, and for `*`', async () => {
    const { etag } = await validators();
    for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, `"a",W/"b" ,W/${etag}`, '*']) {
      const response = await fetchImage('small', { 'if-none-match': tags, range: 'bytes=0-1' });
      expect(response.headers.get('etag')).toBe(etag);
      expect(response.headers.get('cache-control')).toContain('max-age');
      expect(response.headers.has('content-length')).toBe(false);
      await expectEmpty(response, 304);
    }
  });

  it('If-None-Match: the bytes for any other tag', async () => {
    const { etag } = await validators();
    for (const tags of ['"other"', etag.slice(1, -1), `${etag.slice(0, -1)}x"`, '']) {
      expect((await fetchImage('small', { 'if-none-match': tags })).status).toBe(200);
    }
  });

  it('If-Modified-Since: 304 from the time of the bytes on; a date that is none counts for nothing', async () => {
    const { modified } = await validators();
    const at = async (time: string) => (await fetchImage('small', { 'if-modified-since': time })).status;
    expect(await at(modified)).toBe(304);
    expect(await at(later(modified, 60))).toBe(304);
    expect(await at(later(modified, -1))).toBe(200);
    expect(await at('yesterday')).toBe(200);
  });

  it('If-None-Match counts more than If-Modified-Since', async () => {
    const { modified } = await validators();
    const headers = { 'if-none-match': '"other"', 'if-modified-since': later(modified, 60) };
    expect((await fetchImage('small', headers)).status).toBe(200);
  });

  it('If-Range: the range for the very tag, else the whole', async () => {
    const { etag, modified } = await validators();
    const at = async (ifRange: string) =>
      (await fetchImage('small', { range: 'bytes=0-9', 'if-range': ifRange })).status;
    expect(await at(etag)).toBe(206);
    for (const other of [`W/${etag}`, '"other"', later(modified, -60)]) expect(await at(other)).toBe(200);
  });

  it('If-Range that fails makes a range outside the whole, too', async () => {
    const response = await fetchImage('small', { range: 'bytes=5000-', 'if-range': '"other"' });
    expect(response.status).toBe(200);
    expect(await bytesOf(response)).toHaveLength(1000);
  });
});

describe.each(SERVING_HOMES)('an object that was opened is closed (%s)', (kind) => {
  const { around, count } = countOpen();
  const fetchImage = useImages(useHome(kind, { around }));

  it.each([
    ['when its bytes are read', {}, 'GET'],
    ['for HEAD', {}, 'HEAD'],
    ['for a 304', { 'if-none-match': '*' }, 'GET'],
    ['for a 416', { range: 'bytes=99999999-' }, 'GET'],
    ['for a range', { range: 'bytes=5-9' }, 'GET'],
    ['for a range of megabytes', { range: 'bytes=5-2000000' }, 'GET'],
  ])('%s', async (_what, headers, method) => {
    for (const size of ['small', 'large'] as const) await (await fetchImage(size, headers, method)).bytes();
    expect(count.open).toBe(0);
  });

  it('when the caller goes away before the first piece, or after it', async () => {
    const unread = await fetchImage('large');
    await unread.body?.cancel();
    expect(count.open).toBe(0);
    const reader = (await fetchImage('large')).body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    expect(count.open).toBe(1);
    await reader?.cancel();
    expect(count.open).toBe(0);
  });
});

describe.each(SERVING_HOMES)('an object that cannot be read to its end (%s)', (kind) => {
  const { around, count } = countOpen();
  const home = useHome(kind, { around: (context) => around(failingReads(context)) });
  const fetchImage = useImages(home);

  it('is 503 while nothing has been sent, and breaks off afterwards; it is closed', async () => {
    const response = await fetchImage('small');
    expect(response.headers.has('content-range')).toBe(false);
    await expectProblem(response, 'unavailable');
    await expect((await fetchImage('large')).bytes()).rejects.toThrow();
    expect(count.open).toBe(0);
  });
});

const failingReads = aroundObjects((objects) => ({
  async open(key) {
    const object = await objects.open(key);
    const failure = unavailable('The object store cannot do this now.', new Error('EIO: i/o error, read'));
    return (
      object && {
        ...object,
        read: () => Promise.reject(failure),
        async *stream(start, end) {
          yield await object.read(start, Math.min(end, start + 1000));
          throw failure;
        },
      }
    );
  },
}));
