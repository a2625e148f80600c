import { describe, expect, test } from 'vitest';
import { renditionQuery, requestOf } from './rendition-query.ts';

const issuesOf = (query: Record<string, unknown>) =>
  renditionQuery.safeParse(query).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`);

describe('the modifiers of a rendition', () => {
  test('are numbers and words, with defaults for all but the sides', () => {
    expect(renditionQuery.parse({ w: '640' })).toEqual({ w: 640, fit: 'inside', format: 'auto' });
    expect(renditionQuery.parse({ w: '1', h: '8192', fit: 'cover', format: 'png', q: '100' })).toEqual({
      w: 1,
      h: 8192,
      fit: 'cover',
      format: 'png',
      q: 100,
    });
  });

  const SIDE = 'must be a whole number from 1 to 8192';
  const QUALITY = 'must be a whole number from 1 to 100';

  test.each(['', '0', '8193', '99999', '-1', '+1', '1.5', '1e3', '0x10', ' 1', '1 ', 'auto', '１'])(
    'a side of %j is refused, by its name',
    (side) => {
      expect(issuesOf({ w: side })).toEqual([`w ${SIDE}`]);
      expect(issuesOf({ w: '5', h: side })).toEqual([`h ${SIDE}`]);
    },
  );

  test.each(['', '0', '101', '1000', '80%', '-80', '0.8'])('a quality of %j is refused, by its name', (q) => {
    expect(issuesOf({ w: '5', q })).toEqual([`q ${QUALITY}`]);
  });

  test('need a side', () => {
    expect(issuesOf({})).toEqual(['w must be given, or h, or both']);
    expect(issuesOf({ fit: 'cover', q: '5' })).toEqual(['w must be given, or h, or both']);
    expect(issuesOf({ h: '5' })).toBeUndefined();
  });

  test('are refused by name where the word is not known', () => {
    expect(issuesOf({ w: '5', fit: 'crop' })?.[0]).toMatch(/^fit /);
    expect(issuesOf({ w: '5', format: 'gif' })?.[0]).toMatch(/^format /);
    expect(issuesOf({ w: '5', format: 'WEBP' })?.[0]).toMatch(/^format /);
  });

  test('are all there are', () => {
    const keys = renditionQuery.safeParse({ w: '5', blur: '3', width: '5' }).error?.issues;
    expect(keys).toMatchObject([{ code: 'unrecognized_keys', keys: ['blur', 'width'] }]);
  });
});

describe('what they ask for', () => {
  test('has the sides that were given, and the quality of the format where none was', () => {
    const query = renditionQuery.parse({ w: '640', fit: 'cover' });
    const asked = { width: 640, fit: 'cover', keep: 'centre' };
    expect(requestOf(query, 'webp')).toStrictEqual({ ...asked, format: 'webp', quality: 80 });
    expect(requestOf(query, 'avif')).toStrictEqual({ ...asked, format: 'avif', quality: 55 });
    expect(requestOf({ ...query, h: 9, q: 7 }, 'jpeg')).toStrictEqual({
      ...asked,
      height: 9,
      format: 'jpeg',
      quality: 7,
    });
  });
});
