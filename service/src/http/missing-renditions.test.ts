import { describe, expect, test } from 'vitest';
import { expectProblem } from '../../test/support/answers.ts';
import { memoryDeps } from '../../test/support/memory-deps.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { put } from '../../test/support/stored-bytes.ts';
import { openDoors } from '../compose/doors.ts';
import { readConfig } from '../config/config.ts';
import { renditionObjectKey } from '../domain/object-key.ts';
import type { AppContext } from './context.ts';
import { createMissingRenditionsApp } from './missing-renditions.ts';

const IMAGE = sampleRecord({
  user_id: 'a/b é',
  width: 3000,
  height: 2000,
  placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
  presets: { format: 'webp', names: ['thumb', 'small', 'medium', 'large'] },
});
const KEY = renditionObjectKey(IMAGE.user_id, IMAGE.image_id, 1, 'w300-h200-inside-q100.png');
const TEXT = '300 x 200 as png';

/** As URLs have a key: with a layer of encoding over its own. */
const pathOf = (key: string) => `/${key.split('/').map(encodeURIComponent).join('/')}`;

async function withImage() {
  const { deps } = memoryDeps();
  const bytes = Buffer.alloc(IMAGE.size_bytes);
  await deps.index.insert(IMAGE);
  await put(deps.objects, IMAGE.object_key, bytes);
  const context: AppContext = {
    deps,
    publicUrl: 'https://api.example.com',
    checkReady: async () => {},
    ...openDoors(readConfig({})),
    localOnly: false,
  };
  const app = createMissingRenditionsApp(context);
  return (path: string, init?: RequestInit) => app.request(`https://render.example.com${path}`, init);
}

describe('a missing rendition', () => {
  test('is answered as S3 answers for what it has, for caches to keep for ever', async () => {
    const request = await withImage();
    const answer = await request(pathOf(KEY));
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'image/png',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'content-length': String(TEXT.length),
      'cache-control': 'max-age=31536000, immutable',
      etag: expect.stringMatching(/^"[^"]+"$/),
      'last-modified': expect.stringMatching(/ GMT$/),
      'x-request-id': expect.any(String),
    });
    expect(await answer.text()).toBe(TEXT);
    expect((await request(pathOf(KEY))).headers.get('etag')).toBe(answer.headers.get('etag'));
  });

  test('has the type and the disposition that its URL says', async () => {
    const request = await withImage();
    const query =
      'response-content-type=image%2Fx-other&response-content-disposition=attachment%3B+filename%3D%22a%22';
    const { headers } = await request(`${pathOf(KEY)}?${query}`);
    expect(headers.get('content-type')).toBe('image/x-other');
    expect(headers.get('content-disposition')).toBe('attachment; filename="a"');
  });

  test('is made for HEAD as well, which has its headers and no bytes', async () => {
    const request = await withImage();
    const answer = await request(pathOf(KEY), { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(TEXT.length)]);
    expect(await answer.text()).toBe('');
    expect((await request(pathOf(KEY))).headers.get('etag')).toBe(answer.headers.get('etag'));
  });
});

describe('what is no missing rendition', () => {
  test.each([
    ['a name of none', pathOf(`${KEY}x`)],
    ['a key that was not encoded', `/${KEY}`],
    ['a torn escape', '/.renditions/%E0%A4%A'],
    ['an image itself', pathOf(IMAGE.object_key)],
    ['what goes up', `/.renditions/../${IMAGE.object_key}`],
    ['nothing', '/'],
  ])('is not found, and no cache keeps that: %s', async (_what, path) => {
    const request = await withImage();
    const answer = await request(path);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    await expectProblem(answer, 'not_found');
  });

  test.each(['response-content-type', 'response-content-disposition'])(
    'has no header within its %s',
    async (name) => {
      const request = await withImage();
      for (const value of ['a%0D%0Aset-cookie%3A+b', '%C3%A9', '']) {
        const answer = await request(`${pathOf(KEY)}?${name}=${value}`);
        expect((await expectProblem(answer, 'invalid_request')).errors).toMatchObject([{ field: name }]);
      }
    },
  );

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('is not asked for by %s', async (method) => {
    const request = await withImage();
    const answer = await request(pathOf(KEY), { method });
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    await expectProblem(answer, 'method_not_allowed');
  });
});
