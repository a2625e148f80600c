import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ImageRecord, summaryOf } from '../../src/domain/image.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import { ALL, listed, listedImages } from '../support/listed.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { describeListing } from './image-listing.contract.ts';
import { describePaging } from './image-paging.contract.ts';
import { describeUploads } from './image-uploads.contract.ts';
import { type ContractScale, FULL_SCALE } from './scale.ts';

export interface OpenedImageIndex {
  readonly index: ImageIndex;
  close(): Promise<void>;
}

/** Every promise of the port, held against one driver. `open` gives an empty index. */
export function describeImageIndex(
  name: string,
  open: () => Promise<OpenedImageIndex>,
  scale: ContractScale = FULL_SCALE,
): void {
  describe(`image index: ${name}`, () => {
    let opened: OpenedImageIndex;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const index = () => opened.index;
    describe('insert and get', () => describeInsert(index));
    describe('summaries', () => describeSummaries(index));
    describe('replace', () => describeReplace(index));
    describe('remove', () => describeRemove(index));
    describe('many at once', () => describeConcurrency(index, scale));
    describe('listing', () => describeListing(index, scale));
    describe('paging', () => describePaging(index, scale));
    describe('what is not ready', () => describeUploads(index));
    test('check resolves while the index works, and leaves nothing', async () => {
      await expect(index().check()).resolves.toBeUndefined();
      expect(await listed(index(), ALL)).toEqual([]);
    });
  });
}

/** Stays distinguishable from what is stored although it has the same id. */
const another = (record: ImageRecord) => sampleRecord({ ...record, title: 'another', tags: ['another'] });

const codeOf = (outcome: PromiseSettledResult<unknown>) =>
  outcome.status === 'fulfilled' ? 'done' : (outcome.reason as { code?: string }).code;

/** As it is stored where somebody knows less, or more, of it. */
const LATEST = { version: 3, revision: 7, background_revision: 2 } as const;

/** What somebody may have read who does not know the latest. */
const STALE = [
  ['the revision was older', { revision: 6 }],
  ['the revision was newer', { revision: 8 }],
  ['the version was older', { version: 2 }],
  ['the version was newer', { version: 4 }],
  ['background work had written less', { background_revision: 1 }],
  ['background work had written more', { background_revision: 3 }],
  ['background work had written nothing', { background_revision: 0 }],
] as const;

/** What text fields must carry unchanged. */
const TEXTS = [
  ['quotes', `it's "so" \`called\`; DROP TABLE images; --`],
  ['backslashes and percent signs', String.raw`a\b\\c%20%_%s\u0041`],
  ['emoji with joiners', '👩‍👩‍👧‍👦🏳️‍🌈🦅'],
  ['marks for right to left', 'abc\u202edef\u202c \u200fאבג'],
  ['combining and composed letters', 'a\u0301 \u00e1 ﬁ \u212b'],
  ['lines and tabs', 'one\r\ntwo\tthree\n'],
  ['spaces around', '  a  '],
  ['what looks like a number', '007'],
  ['what looks like JSON', '["a",null]'],
] as const;

function describeInsert(index: () => ImageIndex): void {
  test('a record comes back with every field as it was', async () => {
    const record = sampleRecord();
    await index().insert(record);
    expect(await index().get(record.image_id)).toStrictEqual(record);
  });

  test('a record with nothing in it that can be absent comes back so', async () => {
    const record = sampleRecord({ filename: null, title: null, description: null, tags: [] });
    await index().insert(record);
    expect(await index().get(record.image_id)).toStrictEqual(record);
  });

  test('a record that is not ready comes back with all that can be present', async () => {
    const record = sampleRecord({
      status: 'rejected',
      rejection_reason: "It's not an image of a bird 🦅.",
      deleted_at: '2026-05-06T07:08:09.123Z',
      updated_at: '2026-05-05T00:00:00.001Z',
      created_at: '2026-05-04T03:02:00.999Z',
      version: 12,
      revision: 345,
      size_bytes: 6_000_000_000,
      width: 65_535,
      height: 1,
      content_type: 'image/avif',
      checksum_sha256: '00ff'.repeat(16),
    });
    await index().insert(record);
    expect(await index().get(record.image_id)).toStrictEqual(record);
  });

  test('what background work has made of an image comes back, in lists too', async () => {
    const record = sampleRecord({
      background_revision: 3,
      placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#a1b2c3' },
      presets: { format: 'webp', names: ['thumb', 'small'] },
    });
    await index().insert(record);
    expect(await index().get(record.image_id)).toStrictEqual(record);
    const more: ImageRecord = { ...record, background_revision: 4, presets: { format: 'avif', names: [] } };
    await index().replace(record, more);
    expect(await index().get(record.image_id)).toStrictEqual(more);
    for (const filter of [ALL, { ...ALL, user_id: 'alice', tags: ['bird'] }]) {
      expect(await listedImages(index(), filter)).toStrictEqual([summaryOf(more)]);
    }
  });

  test('texts of every kind come back as they were', async () => {
    for (const [what, text] of TEXTS) {
      const texts = { filename: text, title: text, description: text, tags: [text, `${text}2`] };
      const record = sampleRecord(texts);
      await index().insert(record);
      expect(await index().get(record.image_id), what).toStrictEqual(record);
    }
  });

  test('a user may be called anything', async () => {
    for (const user_id of ['🦅'.repeat(32), '../../etc/passwd', `'"--`, '\u202euser\u200f', ' ', '0']) {
      const record = sampleRecord({ user_id });
      await index().insert(record);
      expect(await index().get(record.image_id)).toStrictEqual(record);
      expect(await listed(index(), { ...ALL, user_id })).toEqual([record.image_id]);
    }
  });

  test('there is no record under another id', async () => {
    await index().insert(sampleRecord());
    expect(await index().get(newImageId(0))).toBeUndefined();
  });

  test('an id that is taken is a conflict, and what is there stays', async () => {
    const record = sampleRecord();
    await index().insert(record);
    const inserting = index().insert(another({ ...record, user_id: 'bob' }));
    await expect(inserting).rejects.toMatchObject({ code: 'conflict' });
    expect(await index().get(record.image_id)).toStrictEqual(record);
    expect(await listed(index(), { ...ALL, tags: ['another'] })).toEqual([]);
    expect(await listed(index(), { ...ALL, user_id: 'bob' })).toEqual([]);
    expect(await listed(index(), ALL)).toEqual([record.image_id]);
  });
}

function describeSummaries(index: () => ImageIndex): void {
  test('come in the order of the ids asked for, whatever the status, without those that there are not', async () => {
    const records = [
      sampleRecord(),
      sampleRecord({ status: 'scanning' }),
      sampleRecord({ deleted_at: '2026-06-01T00:00:00.000Z' }),
      sampleRecord({ user_id: 'bob', title: null }),
    ];
    for (const record of records) await index().insert(record);
    const asked = [...records].reverse();
    const ids = asked.flatMap(({ image_id }) => [image_id, newImageId(Date.now())]);
    expect(await index().getSummaries(ids)).toStrictEqual(asked.map(summaryOf));
    expect(await index().getSummaries([])).toEqual([]);
  });

  test('are those of as many images as a page has', async () => {
    const records = Array.from({ length: 200 }, () => sampleRecord());
    await Promise.all(records.map((record) => index().insert(record)));
    const ids = records.map(({ image_id }) => image_id);
    expect((await index().getSummaries(ids)).map(({ image_id }) => image_id)).toEqual(ids);
  });
}

function describeReplace(index: () => ImageIndex): void {
  test('every field that may change does', async () => {
    const record = sampleRecord();
    await index().insert(record);
    const next: ImageRecord = {
      ...record,
      filename: null,
      title: null,
      description: 'new',
      tags: ['new'],
      content_type: 'image/webp',
      size_bytes: 1,
      width: 2,
      height: 3,
      checksum_sha256: 'ab'.repeat(32),
      version: 2,
      revision: 1,
      updated_at: '2026-06-01T00:00:00.000Z',
      object_key: `${record.object_key}.v2`,
    };
    await index().replace(record, next);
    expect(await index().get(record.image_id)).toStrictEqual(next);
  });

  test('what was read must be what is stored, or it is a conflict and all stays', async () => {
    const record = sampleRecord(LATEST);
    await index().insert(record);
    for (const [what, differing] of STALE) {
      const stale = { ...record, ...differing };
      await expect(index().replace(stale, another(record)), what).rejects.toMatchObject({ code: 'conflict' });
      expect(await index().get(record.image_id)).toStrictEqual(record);
      expect(await listed(index(), { ...ALL, tags: ['bird'] })).toEqual([record.image_id]);
      expect(await listed(index(), { ...ALL, tags: ['another'] })).toEqual([]);
    }
  });

  test('what background work has written is not overwritten by who had read that there was nothing', async () => {
    const record = sampleRecord();
    await index().insert(record);
    const written: ImageRecord = { ...record, background_revision: 1, width: 6, height: 8 };
    await index().replace(record, written);
    await expect(index().replace(record, another(record))).rejects.toMatchObject({ code: 'conflict' });
    await expect(index().remove(record)).rejects.toMatchObject({ code: 'conflict' });
    expect(await index().get(record.image_id)).toStrictEqual(written);
    await index().remove(written);
    expect(await index().get(record.image_id)).toBeUndefined();
  });

  test('a record that is gone is not found, and is not made', async () => {
    const record = sampleRecord();
    await expect(index().replace(record, another(record))).rejects.toMatchObject({ code: 'not_found' });
    expect(await index().get(record.image_id)).toBeUndefined();
    expect(await listed(index(), ALL)).toEqual([]);
  });

  test('what was read serves for one change only', async () => {
    const record = sampleRecord();
    await index().insert(record);
    await index().replace(record, { ...record, title: 'first', revision: 2 });
    const second = index().replace(record, { ...record, title: 'second', revision: 2 });
    await expect(second).rejects.toMatchObject({ code: 'conflict' });
    expect((await index().get(record.image_id))?.title).toBe('first');
  });

  test('other records stay as they are', async () => {
    const [record, other] = [sampleRecord(), sampleRecord()];
    await index().insert(record);
    await index().insert(other);
    await index().replace(record, { ...another(record), revision: 2 });
    expect(await index().get(other.image_id)).toStrictEqual(other);
    expect(await listed(index(), { ...ALL, tags: ['bird', 'dusk'] })).toEqual([other.image_id]);
  });
}

function describeRemove(index: () => ImageIndex): void {
  test('a removed record is gone, from every listing too', async () => {
    const [record, other] = [sampleRecord(), sampleRecord()];
    await index().insert(record);
    await index().insert(other);
    await index().remove(record);
    expect(await index().get(record.image_id)).toBeUndefined();
    for (const user of [{}, { user_id: 'alice' }]) {
      for (const tags of [[], ['bird'], ['bird', 'dusk']]) {
        expect(await listed(index(), { ...ALL, ...user, tags })).toEqual([other.image_id]);
      }
    }
    expect(await index().get(other.image_id)).toStrictEqual(other);
  });

  test('what was read must be what is stored, or it is a conflict and all stays', async () => {
    const record = sampleRecord(LATEST);
    await index().insert(record);
    for (const [what, differing] of STALE) {
      const stale = { ...record, ...differing };
      await expect(index().remove(stale), what).rejects.toMatchObject({ code: 'conflict' });
      expect(await index().get(record.image_id)).toStrictEqual(record);
      expect(await listed(index(), { ...ALL, tags: ['bird'] })).toEqual([record.image_id]);
    }
  });

  test('what comes after a removed record inherits nothing of it', async () => {
    const record = sampleRecord();
    await index().insert(record);
    await index().remove(record);
    const next = sampleRecord({ tags: [], upload_time: record.upload_time });
    await index().insert(next);
    expect(await listed(index(), { ...ALL, tags: ['bird'] })).toEqual([]);
    expect(await listed(index(), { ...ALL, user_id: 'alice', tags: ['bird', 'dusk'] })).toEqual([]);
    expect(await listed(index(), ALL)).toEqual([next.image_id]);
  });

  test('a record that is gone is not found', async () => {
    const record = sampleRecord();
    await expect(index().remove(record)).rejects.toMatchObject({ code: 'not_found' });
    await index().insert(record);
    await index().remove(record);
    await expect(index().remove(record)).rejects.toMatchObject({ code: 'not_found' });
  });
}

function describeConcurrency(index: () => ImageIndex, { records: scale }: ContractScale): void {
  test('of 200 inserts, or that part of them, at the same time each has its own outcome', async () => {
    const distinct = Array.from({ length: 140 * scale }, (_, n) => sampleRecord({ title: `first ${n}` }));
    const again = distinct.filter((_, n) => n % 7 < 3).map(another);
    const records = [...distinct, ...again];
    expect(records).toHaveLength(200 * scale);
    const outcomes = await Promise.allSettled(records.map((record) => index().insert(record)));
    const won = records.filter((_, n) => outcomes[n]?.status === 'fulfilled');
    expect(outcomes.filter((outcome) => codeOf(outcome) === 'conflict')).toHaveLength(60 * scale);
    expect(won.map(({ image_id }) => image_id).sort()).toEqual(
      distinct.map(({ image_id }) => image_id).sort(),
    );
    for (const record of won) expect(await index().get(record.image_id)).toStrictEqual(record);
    expect(await listed(index(), ALL)).toHaveLength(140 * scale);
  });

  test('of several changes of one record made at the same time one is done', async () => {
    const record = sampleRecord();
    await index().insert(record);
    const nexts = Array.from({ length: 10 }, (_, n) => ({
      ...record,
      title: `change ${n}`,
      tags: [`t${n}`],
      revision: 2,
    }));
    const outcomes = await Promise.allSettled(nexts.map((next) => index().replace(record, next)));
    const done = nexts.filter((_, n) => outcomes[n]?.status === 'fulfilled');
    expect(done).toHaveLength(1);
    expect(outcomes.map(codeOf).filter((code) => code === 'conflict')).toHaveLength(9);
    expect(await index().get(record.image_id)).toStrictEqual(done[0]);
    for (const next of nexts) {
      const found = await listed(index(), { ...ALL, tags: next.tags });
      expect(found).toEqual(next === done[0] ? [record.image_id] : []);
    }
  });

  test('inserts, changes and removals of different records do not disturb each other', async () => {
    const old = Array.from({ length: 60 }, (_, n) => sampleRecord({ title: `old ${n}` }));
    for (const record of old) await index().insert(record);
    const [changed, removed] = [old.slice(0, 30), old.slice(30)];
    const fresh = Array.from({ length: 30 }, (_, n) => sampleRecord({ title: `fresh ${n}` }));
    const never = Array.from({ length: 30 }, () => sampleRecord());
    const next = (record: ImageRecord) => ({ ...record, title: 'changed', revision: 2 });
    const outcomes = await Promise.allSettled(
      fresh.flatMap((record, n) => [
        index().insert(record),
        index().replace(changed[n] ?? record, next(changed[n] ?? record)),
        index().remove(never[n] ?? record),
        index().remove(removed[n] ?? record),
      ]),
    );
    expect(outcomes.map(codeOf)).toEqual(fresh.flatMap(() => ['done', 'done', 'not_found', 'done']));
    for (const record of fresh) expect(await index().get(record.image_id)).toStrictEqual(record);
    for (const record of changed) expect(await index().get(record.image_id)).toStrictEqual(next(record));
    for (const record of removed) expect(await index().get(record.image_id)).toBeUndefined();
    expect(await listed(index(), ALL)).toHaveLength(60);
  });
}
