import { describe, expect, test } from 'vitest';
import { memoryDeps, PUBLIC_URL } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { type ImageRecord, summaryOf } from '../../domain/image.ts';
import { MEDIA_TYPES } from '../../domain/media-type.ts';
import type { ObjectStore, PresignReadOptions } from '../../ports/object-store.ts';
import { type Disposition, presentImage } from './present-image.ts';

const HOUR = 3_600_000;

/** The URL of an image at some time, and what the store was asked to sign. */
async function presigned(
  { now = 0, urlExpiresSeconds = 3600, disposition = 'inline' as Disposition },
  differing: Partial<ImageRecord> = {},
) {
  const asked: PresignReadOptions[] = [];
  const { deps } = memoryDeps();
  const objects: ObjectStore = {
    ...deps.objects,
    presignRead(key, options) {
      asked.push(options);
      return deps.objects.presignRead(key, options);
    },
  };
  const parts = { objects, clock: { now: () => now }, urlExpiresSeconds };
  const answer = await presentImage(parts, summaryOf(sampleRecord(differing)), disposition);
  return { ...answer, asked: asked[0] };
}

/** The name that a header gives, as RFC 6266 says: the extended form before a quoted text or a plain token. */
function filenameIn(header: string): string | undefined {
  const extended = /; filename\*=UTF-8''([\w%!#$&+.^`|~-]+)$/.exec(header)?.[1];
  if (extended !== undefined) return decodeURIComponent(extended);
  const quoted = /^\w+; filename="((?:[^"\\]|\\.)*)"$/.exec(header)?.[1];
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? /^\w+; filename=([\w!#$%&'*+.^`|~-]+)$/.exec(header)?.[1];
}

describe('how long a URL lives', () => {
  const T = Date.UTC(2026, 4, 4, 12);

  test.each([
    ['at the full hour', T, T + HOUR],
    ['just after it', T + 1, T + 2 * HOUR],
    ['at half past', T + HOUR / 2, T + 2 * HOUR],
    ['just before the next', T + HOUR - 1, T + 2 * HOUR],
  ])('%s: to the end of a window', async (_what, now, expires) => {
    const { url_expires_at, asked } = await presigned({ now });
    expect(url_expires_at).toBe(new Date(expires).toISOString());
    expect(asked?.expires_at).toBe(expires);
  });

  test('is between one and two of the configured lives, in whole seconds', async () => {
    for (const urlExpiresSeconds of [1, 7, 60, 3600, 604_800]) {
      for (const now of [0, 1, 999, 123_456_789, T, T + 1234, Date.UTC(2038, 0, 20) + 77]) {
        const { asked } = await presigned({ now, urlExpiresSeconds });
        const life = (asked?.expires_at ?? 0) - now;
        expect(life).toBeGreaterThanOrEqual(urlExpiresSeconds * 1000);
        expect(life).toBeLessThan(2 * urlExpiresSeconds * 1000);
        expect((asked?.expires_at ?? 0.5) % 1000).toBe(0);
      }
    }
  });

  test('is the same for all who ask within a window, so that they have one URL', async () => {
    const image = sampleRecord();
    const urls = await Promise.all([1, HOUR / 2, HOUR].map((past) => presigned({ now: T + past }, image)));
    expect(new Set(urls.map(({ url }) => url)).size).toBe(1);
    const next = await presigned({ now: T + HOUR + 1 }, image);
    expect(next.url).not.toBe(urls[0]?.url);
  });
});

describe('what a URL is of', () => {
  test.each(['pending', 'scanning', 'rejected'] as const)('an image that is %s has none', async (status) => {
    expect(await presigned({}, { status })).toEqual({
      url: null,
      url_expires_at: null,
      renditions: {},
      asked: undefined,
    });
  });

  test.each(MEDIA_TYPES)('%s is answered as what it is', async (content_type) => {
    const { url, asked } = await presigned({}, { content_type });
    expect(asked?.content_type).toBe(content_type);
    expect(url?.startsWith(`${PUBLIC_URL}/objects/`)).toBe(true);
  });

  test('is shown in place or downloaded, under its name', async () => {
    const names = { filename: 'osprey.jpg' };
    expect((await presigned({}, names)).asked?.content_disposition).toBe('inline; filename=osprey.jpg');
    const download = await presigned({ disposition: 'attachment' }, names);
    expect(download.asked?.content_disposition).toBe('attachment; filename=osprey.jpg');
  });

  test.each([
    ['image/jpeg', 'jpg'],
    ['image/png', 'png'],
    ['image/webp', 'webp'],
    ['image/gif', 'gif'],
    ['image/avif', 'avif'],
  ] as const)('without a name one of %s is called by its id, as .%s', async (content_type, extension) => {
    const image = sampleRecord({ content_type, filename: null });
    const { asked } = await presigned({}, image);
    expect(asked?.content_disposition).toBe(`inline; filename=${image.image_id}.${extension}`);
  });

  test.each([
    'a"b\\c.jpg',
    '\u202egpj.exe',
    '🦅.jpg',
    'a;b=c.jpg',
    '%22.jpg',
    `it's.jpg`,
    ' .jpg',
    "a*'b.jpg",
    'naïve.jpg',
    'a/../b.jpg',
    '🦅'.repeat(255),
  ])('a name such as %j stays within its header', async (filename) => {
    const { asked } = await presigned({}, { filename });
    expect(asked?.content_disposition).toMatch(/^inline; filename=[\x20-\x7e]+$/);
    expect(asked?.content_disposition).not.toMatch(/[\r\n\0]/);
    expect(filenameIn(asked?.content_disposition ?? '')).toBe(
      filename.endsWith('.jpg') ? filename : `${filename}.jpg`,
    );
  });

  test.each([
    ['image/jpeg', 'osprey.JPEG', 'osprey.JPEG'],
    ['image/jpeg', 'osprey.jfif', 'osprey.jfif'],
    ['image/jpeg', 'osprey.png', 'osprey.png.jpg'],
    ['image/png', 'invoice.pdf.exe', 'invoice.pdf.exe.png'],
    ['image/png', 'png', 'png.png'],
    ['image/gif', 'osprey.', 'osprey..gif'],
    ['image/webp', '.webp', '.webp'],
  ] as const)('as %s, %j is given out as %j', async (content_type, filename, given) => {
    const { asked } = await presigned({}, { content_type, filename });
    expect(filenameIn(asked?.content_disposition ?? '')).toBe(given);
  });
});
