import { beforeAll, describe, expect, it } from 'vitest';
import { expectEmpty, expectImage, expectList, expectProblem, type Image } from '../support/answers.ts';
import { HOMES, type TestHome, useHome } from '../support/homes.ts';
import { upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

const listed = async (home: Home, query: string) => expectList(await home.request(`/images?${query}`));
const titles = async (home: Home, query: string) =>
  (await listed(home, query)).items.map(({ title }) => title).join(' ');

/** Title, user, tags and time of upload: oldest first. */
const IMAGES = [
  ['a', 'alice', ['bird'], '2026-01-31T23:59:59.999Z'],
  ['b', 'bob', ['bird', 'dusk'], '2026-02-01T00:00:00.000Z'],
  ['c', 'alice', ['bird', 'dusk'], '2026-02-01T12:00:00.000Z'],
  ['d', 'alice', [], '2026-02-01T12:00:00.001Z'],
  ['e', 'alice', ['dusk', 'sea', 'bird'], '2026-02-02T00:00:00.000Z'],
  ['f', 'bob', ['sea'], '2026-03-01T00:00:00.000Z'],
] as const;

function useImages(home: Home): Image[] {
  const images: Image[] = [];
  beforeAll(async () => {
    for (const [title, user_id, tags, time] of IMAGES) {
      home.clock.set(time);
      images.push(await upload(home, { title, user_id, tags, description: 'Not in lists.' }));
    }
    // Who serves the URLs by another clock than the home's takes none of that time.
    home.clock.release();
  });
  return images;
}

describe.each(HOMES)('list-images (%s)', (kind) => {
  const home = useHome(kind);
  const images = useImages(home);

  it.each([
    ['', 'f e d c b a'],
    ['order=newest', 'f e d c b a'],
    ['order=oldest', 'a b c d e f'],
    ['user_id=alice', 'e d c a'],
    ['user_id=nobody', ''],
    ['user_id=Alice', ''],
    ['tag=bird', 'e c b a'],
    ['tag=%20BIRD%20', 'e c b a'],
    ['tag=nothing', ''],
    ['tag=bird&tag=dusk', 'e c b'],
    ['tag=dusk&tag=bird&tag=bird', 'e c b'],
    ['tag=bird&tag=dusk&tag=sea', 'e'],
    ['tag=bird&tag=nothing', ''],
    ['user_id=alice&tag=dusk', 'e c'],
    ['user_id=bob&tag=dusk&tag=bird&order=oldest', 'b'],
    ['user_id=alice&tag=bird&date_range=2026-02-01/2026-02-01&order=oldest', 'c'],
  ])('?%s finds %s', async (query, expected) => {
    expect(await titles(home, query)).toBe(expected);
  });

  it('a row is the image as a view shows it, without description, checksum and EXIF', async () => {
    const rows = (await listed(home, 'order=oldest')).items;
    const views = await Promise.all(
      rows.map(async ({ image_id }) => {
        const view = await expectImage(await home.request(`/images/${image_id}`));
        const { description: _description, checksum_sha256: _checksum, exif: _exif, ...summary } = view;
        return summary;
      }),
    );
    expect(rows).toEqual(views);
    expect(rows.map(({ image_id }) => image_id)).toEqual(images.map(({ image_id }) => image_id));
    for (const { url, size_bytes } of rows) {
      const response = await home.follow(url ?? '');
      expect([response.status, (await response.bytes()).length]).toEqual([200, size_bytes]);
    }
  });

  it('the last page says that there is no other', async () => {
    for (const query of ['', 'limit=6', 'limit=200', 'user_id=nobody', 'tag=bird&tag=dusk']) {
      expect((await listed(home, query)).last_evaluated_key).toBeNull();
    }
  });

  it('HEAD answers as GET does, without the body', async () => {
    await expectEmpty(await home.request('/images?user_id=alice', { method: 'HEAD' }), 200);
    await expectEmpty(await home.request('/images?colour=red', { method: 'HEAD' }), 400);
  });
});

describe.each(HOMES)('date_range of a listing (%s)', (kind) => {
  const home = useHome(kind);
  useImages(home);

  it.each([
    ['2026-02-01/2026-02-01', 'b c d'],
    ['2026-02-01,2026-02-01', 'b c d'],
    ['2026-01-31/2026-02-01', 'a b c d'],
    ['2026-02-01/..', 'b c d e f'],
    ['../2026-02-01', 'a b c d'],
    ['/2026-01-31', 'a'],
    ['2026-03-01/', 'f'],
    ['../..', 'a b c d e f'],
    ['2026-02-01T12:00:00Z/2026-02-01T12:00:00Z', 'c'],
    ['2026-02-01T12:00:00.000Z/2026-02-02T00:00:00.000Z', 'c d e'],
    ['2026-02-01T12:00:00.001Z/2026-02-01T23:59:59.999Z', 'd'],
    ['2026-01-31T23:59:59.999Z/2026-01-31T23:59:59.999Z', 'a'],
    ['2026-02-01T13:00+01:00/2026-02-01T14:00:00.001+02:00', 'c d'],
    ['2026-01-31T19:00:00-05:00/2026-02-01T06:59:59-05:00', 'b'],
    ['2026-02-01T12:00:00Z/2026-02-02', 'c d e'],
    ['2027-01-01/2027-12-31', ''],
  ])('%s finds %s', async (range, expected) => {
    expect(await titles(home, `order=oldest&date_range=${encodeURIComponent(range)}`)).toBe(expected);
    expect(await titles(home, `order=oldest&date_range=${range.replaceAll('+', '%2B')}`)).toBe(expected);
  });

  it.each(
    [
      '',
      '/',
      '2026-02-01',
      '2026-02-01/2026-02-02/2026-02-03',
      '2026-02-02/2026-02-01',
      '2026-02-30/2026-03-01',
      '2026-13-01/..',
      '2026-02-01T12:00:00/..',
      '2026-02-01T25:00:00Z/..',
      '2026-02-01T12:00:00Z/2026-02-01T11:59:59Z',
      'yesterday/today',
      '2026-02-01/P1D',
      '1/2',
      '2026-2-1/2026-2-2',
      ' 2026-02-01/2026-02-02',
      '+002026-02-01/..',
    ].filter((range) => range !== '/'),
  )('%j is refused and names the field', async (range) => {
    const query = `date_range=${encodeURIComponent(range)}`;
    await expectProblem(await home.request(`/images?${query}`), 'invalid_request', 'date_range');
  });
});

describe.each(HOMES)('a listing that asks for what there is not is refused (%s)', (kind) => {
  const home = useHome(kind);

  it.each([
    ['q=', 'q'],
    ['deleted=yes', 'deleted'],
    ['deleted=true', 'user_id'],
    ['deleted=true&user_id=alice&tag=a', 'tag'],
    ['deleted=true&user_id=alice&status=pending', 'status'],
    ['status=ready', 'status'],
    ['status=pending', 'user_id'],
    ['user_id=alice&status=pending&tag=bird', 'tag'],
    ['colour=red', 'colour'],
    ['User_id=alice', 'User_id'],
    ['tags=bird', 'tags'],
    ['__proto__=x', '__proto__'],
    ['user_id=', 'user_id'],
    ['user_id=a&user_id=b', 'user_id'],
    ['user_id=a%00b', 'user_id'],
    ['user_id=%FF', 'user_id'],
    ['user_id=%E9', 'user_id'],
    ['user_id=%', 'user_id'],
    [`user_id=${'x'.repeat(129)}`, 'user_id'],
    ['tag=', 'tag'],
    ['tag=bird&tag=', 'tag.1'],
    ['tag=a%0Ab', 'tag'],
    [`tag=${'x'.repeat(65)}`, 'tag'],
    [Array.from({ length: 21 }, (_, n) => `tag=t${n}`).join('&'), 'tag'],
    ['order=random', 'order'],
    ['order=', 'order'],
    ['order=newest&order=oldest', 'order'],
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=%2B5', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=99999999999999999999', 'limit'],
    ['limit=10&limit=10', 'limit'],
    ['date_range=2026-01-01/..&date_range=2026-01-01/..', 'date_range'],
    ['last_evaluated_key=', 'last_evaluated_key'],
    ['last_evaluated_key=x', 'last_evaluated_key'],
    ['last_evaluated_key=a.b.c', 'last_evaluated_key'],
    [`last_evaluated_key=${'x'.repeat(5000)}`, 'last_evaluated_key'],
  ])('?%.60s names %s', async (query, field) => {
    await expectProblem(await home.request(`/images?${query}`), 'invalid_request', field);
  });

  it('everything that is wrong is named at once', async () => {
    const response = await home.request('/images?limit=0&order=x&colour=red');
    const { errors } = await expectProblem(response, 'invalid_request');
    expect(errors?.map(({ field }) => field).sort()).toEqual(['colour', 'limit', 'order']);
  });
});
