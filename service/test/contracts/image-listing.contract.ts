import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ImageRecord, type ImageStatus, type ImageSummary, summaryOf } from '../../src/domain/image.ts';
import type { ListFilter, ListPosition } from '../../src/domain/listing.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import { ALL, listed, listedImages } from '../support/listed.ts';
import { sampleRecord } from '../support/sample-record.ts';
import type { ContractScale } from './scale.ts';

/** The part of the port's contract that says what a listing holds, and in which order. */
export function describeListing(index: () => ImageIndex, scale: ContractScale): void {
  describeModel(index, scale);
  describeVisibility(index);
  describeLookalikes(index);
}

const USERS = ['alice', 'bob', '🦅'];
const TAGS = ['bird', 'dusk', 'lake', 'rare'];
/** Few enough that many records share one. */
const TIMES = Array.from({ length: 40 }, (_, n) => Date.UTC(2026, 0, 1) + n * 61_001);

const isoTime = (time: number) => new Date(time).toISOString();

const mostly = <T>(usual: T, ...rest: T[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...rest) });

const anyRecord = fc
  .record({
    image_id: fc.uuid({ version: 7 }),
    user_id: fc.constantFrom(...USERS),
    tags: fc.subarray(TAGS),
    upload_time: fc.constantFrom(...TIMES).map(isoTime),
    status: mostly<ImageStatus>('ready', 'pending', 'scanning', 'rejected'),
    deleted_at: mostly<string | null>(null, isoTime(Date.UTC(2026, 3, 1))),
  })
  .map(sampleRecord);

const anyTime = fc.constantFrom(...TIMES, ...TIMES.map((time) => time + 1), 0, Date.UTC(2030, 0, 1));

const anyFilter: fc.Arbitrary<ListFilter> = fc
  .record({
    user_id: fc.option(fc.constantFrom(...USERS, 'nobody'), { nil: undefined }),
    tags: fc.subarray([...TAGS, 'unknown'], { maxLength: 3 }).map((tags) => tags.sort()),
    from: fc.option(anyTime, { nil: undefined, freq: 2 }),
    before: fc.option(anyTime, { nil: undefined, freq: 2 }),
    order: fc.constantFrom<ListFilter['order']>('newest', 'oldest'),
  })
  .map(({ user_id, tags, from, before, order }) => ({
    ...(user_id === undefined ? {} : { user_id }),
    tags,
    uploaded: { ...(from === undefined ? {} : { from }), ...(before === undefined ? {} : { before }) },
    order,
  }));

/** What the port promises, said in the plainest way. */
function expectedListing(
  records: readonly ImageRecord[],
  filter: ListFilter,
  after: ListPosition | null,
): ImageSummary[] {
  const placeOf = ({ upload_time, image_id }: ListPosition) => `${upload_time} ${image_id}`;
  const ascending = records
    .filter(({ status, deleted_at }) => status === 'ready' && deleted_at === null)
    .filter(({ user_id }) => filter.user_id === undefined || user_id === filter.user_id)
    .filter(({ tags }) => filter.tags.every((tag) => tags.includes(tag)))
    .filter(({ upload_time }) => Date.parse(upload_time) >= (filter.uploaded.from ?? 0))
    .filter(({ upload_time }) => Date.parse(upload_time) < (filter.uploaded.before ?? Number.MAX_VALUE))
    .map(summaryOf)
    .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const ordered = filter.order === 'oldest' ? ascending : ascending.reverse();
  if (!after) return ordered;
  return ordered.filter((image) =>
    filter.order === 'oldest' ? placeOf(image) > placeOf(after) : placeOf(image) < placeOf(after),
  );
}

/** Some hundred records, of which many have been changed and some removed since they were inserted. */
async function fill(index: ImageIndex, seed: number, scale: ContractScale): Promise<ImageRecord[]> {
  const of = (count: number) => count * scale.records;
  const inserted = fc.sample(anyRecord, { seed, numRuns: of(500) });
  await Promise.all(inserted.map((record) => index.insert(record)));
  const [removed, changed, kept] = [
    inserted.slice(0, of(60)),
    inserted.slice(of(60), of(260)),
    inserted.slice(of(260)),
  ];
  await Promise.all(removed.map((record) => index.remove(record)));
  const changes = fc.sample(anyRecord, { seed: seed + 1, numRuns: changed.length });
  const nexts = changed.map((record, n) => {
    const { tags, status, deleted_at } = changes[n] ?? record;
    return { ...record, tags, status, deleted_at, title: `changed ${n}`, revision: record.revision + 1 };
  });
  await Promise.all(nexts.map((next, n) => index.replace(changed[n] ?? next, next)));
  return [...nexts, ...kept];
}

function describeModel(index: () => ImageIndex, scale: ContractScale): void {
  test('every combination of filters holds what it should, in order, page by page', async () => {
    const records = await fill(index(), 20_260_504, scale);
    const limits = fc.constantFrom(1, 2, 3, 7, 50, 200, 1000);
    await fc.assert(
      fc.asyncProperty(anyFilter, limits, async (filter, limit) => {
        const images = await listedImages(index(), filter, limit);
        expect(images).toStrictEqual(expectedListing(records, filter, null));
      }),
      { numRuns: 250 * scale.rounds, seed: 1 },
    );
  });

  test('a listing goes on after any position, also where no image is', async () => {
    const records = await fill(index(), 7, scale);
    const anyPosition = fc.oneof(
      fc.constantFrom(...records.map(({ upload_time, image_id }) => ({ upload_time, image_id }))),
      fc.record({ upload_time: anyTime.map(isoTime), image_id: fc.uuid({ version: 7 }) }),
    );
    await fc.assert(
      fc.asyncProperty(anyFilter, anyPosition, async (filter, after) => {
        const images = await listedImages(index(), filter, 50, after);
        expect(images).toStrictEqual(expectedListing(records, filter, after));
      }),
      { numRuns: 300 * scale.rounds, seed: 2 },
    );
  });

  test('a position at the edge of the time that is asked for, or beyond, adds nothing to it', async () => {
    const early = Date.UTC(2026, 0, 1);
    const [edge, late] = [early + 1, early + 2];
    const records = [early, edge, late].flatMap((time) =>
      [1, 2, 3].map(() => sampleRecord({ upload_time: isoTime(time) })),
    );
    for (const record of records) await index().insert(record);
    for (const order of ['newest', 'oldest'] as const) {
      for (const uploaded of [{ before: edge }, { from: edge }, { from: late }, { before: late }, {}]) {
        for (const { upload_time, image_id } of records) {
          const filter = { ...ALL, order, uploaded };
          const after = { upload_time, image_id };
          const images = await listedImages(index(), filter, 50, after);
          expect(images).toStrictEqual(expectedListing(records, filter, after));
        }
      }
    }
  });

  test('the model itself tells filters apart', async () => {
    const records = fc.sample(anyRecord, { seed: 20_260_504, numRuns: 500 });
    const sizes = [
      {},
      { user_id: 'bob' },
      { tags: ['rare'] },
      { tags: ['bird', 'rare'] },
      { user_id: 'nobody' },
    ].map((filter) => expectedListing(records, { ...ALL, ...filter }, null).length);
    expect(sizes.at(-1)).toBe(0);
    expect(new Set(sizes).size).toBe(5);
    expect(new Set(records.map(({ upload_time }) => upload_time)).size).toBeLessThan(50);
  });
}

function describeVisibility(index: () => ImageIndex): void {
  const FILTERS: readonly ListFilter[] = [
    ALL,
    { ...ALL, user_id: 'alice' },
    { ...ALL, tags: ['bird'] },
    { ...ALL, user_id: 'alice', tags: ['bird'] },
    { ...ALL, tags: ['bird', 'dusk'] },
  ];

  test.each([
    ['pending', { status: 'pending' }],
    ['scanning', { status: 'scanning' }],
    ['rejected', { status: 'rejected' }],
    ['deleted', { deleted_at: '2026-05-06T07:08:09.123Z' }],
  ] as const)(
    'an image that is %s is in no listing, until it is ready and there',
    async (_what, differing) => {
      const hidden = sampleRecord(differing);
      await index().insert(hidden);
      for (const filter of FILTERS) expect(await listed(index(), filter)).toEqual([]);
      const shown: ImageRecord = { ...hidden, status: 'ready', deleted_at: null, revision: 2 };
      await index().replace(hidden, shown);
      for (const filter of FILTERS) expect(await listed(index(), filter)).toEqual([hidden.image_id]);
      await index().replace(shown, { ...shown, ...differing, revision: 3 });
      for (const filter of FILTERS) expect(await listed(index(), filter)).toEqual([]);
    },
  );

  test('an image whose tags change moves between the listings of tags', async () => {
    const before = sampleRecord({ tags: ['bird', 'dusk'] });
    await index().insert(before);
    const after = { ...before, tags: ['dawn', 'dusk'], revision: 2 };
    await index().replace(before, after);
    for (const user of [{}, { user_id: 'alice' }]) {
      const of = (...tags: string[]) => listed(index(), { ...ALL, ...user, tags });
      expect(await of('bird')).toEqual([]);
      expect(await of('bird', 'dusk')).toEqual([]);
      expect(await of('dawn')).toEqual([before.image_id]);
      expect(await of('dusk')).toEqual([before.image_id]);
      expect(await of('dawn', 'dusk')).toEqual([before.image_id]);
    }
    const [found] = await listedImages(index(), { ...ALL, tags: ['dawn'] });
    expect(found).toStrictEqual(summaryOf(after));
  });

  test('a page of one filter shows the newest state of each image', async () => {
    const record = sampleRecord();
    await index().insert(record);
    const next = { ...record, title: 'changed', filename: null, revision: 2 };
    await index().replace(record, next);
    for (const filter of FILTERS) {
      expect(await listedImages(index(), filter)).toStrictEqual([summaryOf(next)]);
    }
  });
}

/** Texts that some store or encoding might take for one another, or for something else. */
const LOOKALIKES = [
  'a',
  'A',
  'b',
  'B',
  'a#b',
  'a%23b',
  'a/b',
  '/',
  '//',
  '.',
  '..',
  '../',
  '../a',
  'a/..',
  '%2F',
  '%2f',
  '%',
  '%%',
  'a b',
  'a  b',
  ' a',
  'a ',
  'á',
  'a\u0301',
  'ａ',
  'à',
  'ﬁ',
  'fi',
  'ß',
  'ss',
  'ſ',
  's',
  '\u212a',
  'K',
  'k',
  'ı',
  'i',
  'İ',
  '🦅',
  '🦆',
  '🦅'.repeat(32),
  `${'🦅'.repeat(31)}🦆`,
  'a\u200d',
  'a\u200f',
  '\ufeffa',
  "a'b",
  'a"b',
  'a\\b',
  'a_b',
  'a*',
  'a?',
  '0',
  '00',
  '1',
  '1.0',
  '-1',
  'null',
  'undefined',
  'true',
  '__proto__',
  'constructor',
  'USER#a',
];

function describeLookalikes(index: () => ImageIndex): void {
  test('users and tags that look alike never mix', async () => {
    expect(new Set(LOOKALIKES).size).toBe(LOOKALIKES.length);
    const records = LOOKALIKES.map((text) => sampleRecord({ user_id: text, tags: [text] }));
    await Promise.all(records.map((record) => index().insert(record)));
    for (const { image_id, user_id } of records) {
      expect(await listed(index(), { ...ALL, user_id })).toEqual([image_id]);
      expect(await listed(index(), { ...ALL, tags: [user_id] })).toEqual([image_id]);
      expect(await listed(index(), { ...ALL, user_id, tags: [user_id] })).toEqual([image_id]);
    }
  });

  test('no pair of user and tag finds an image of another pair', async () => {
    const texts = ['a', 'A', 'a#b', 'b', 'b#a', '..', '%2F', '/', 'á', 'a\u0301'];
    const records = texts.map((text, n) =>
      sampleRecord({ user_id: text, tags: [texts[(n + 1) % 10] ?? ''] }),
    );
    await Promise.all(records.map((record) => index().insert(record)));
    for (const user_id of texts) {
      for (const tag of texts) {
        const expected = records.filter((record) => record.user_id === user_id && record.tags.includes(tag));
        const found = await listed(index(), { ...ALL, user_id, tags: [tag] });
        expect(found).toEqual(expected.map(({ image_id }) => image_id));
      }
    }
  });
}
