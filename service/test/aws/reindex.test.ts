import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSearchIndex, openSearchWriter } from '../../src/compose/opensearch.ts';
import type { ReindexReport } from '../../src/compose/reindex.ts';
import { reindexOverAws } from '../../src/compose/reindex-aws.ts';
import type { AwsStorageConfig } from '../../src/config/storage.ts';
import type { ImageRecord } from '../../src/domain/image.ts';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { type OpenSearchEmulator, startOpenSearch } from '../emulators/opensearch/opensearch.ts';
import { type OpenedInstallation, openInstallation } from '../support/aws-installation.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { searchFor } from '../support/search-for.ts';

describe('tintype reindex on AWS', () => {
  let engine: OpenSearchEmulator;
  let aws: OpenedInstallation;
  beforeAll(async () => {
    engine = await startOpenSearch();
  });
  afterAll(() => engine.stop());
  beforeEach(async () => {
    engine.clear();
    engine.instead = undefined;
    aws = await openInstallation();
  });
  afterEach(() => aws.close());

  const storage = (): AwsStorageConfig => ({
    ...aws.storage,
    search: { url: engine.url, index: 'images', signed: false },
  });
  const insert = async (records: readonly ImageRecord[]) => {
    const { tables, bucket } = aws.storage;
    const pause = async () => {};
    const options = { client: aws.clients.dynamodb, tables, bucket, shards: async () => 4, pause };
    const index = new DynamoImageIndex(options);
    for (const record of records) await index.insert(record);
  };
  const reindex = (report: Partial<ReindexReport> = {}) =>
    reindexOverAws(storage(), aws.clients, { progress() {}, refused() {}, ...report });
  const found = async (text: string) => {
    engine.indexOf('images')?.refresh();
    const search = storage().search;
    if (!search) throw new Error('There is no search.');
    const { hits } = await openSearchIndex(search, aws.clients).find(searchFor(text), 200, null);
    return hits.map(({ image_id }) => image_id);
  };

  test('makes the index where there is none, and has every image found, whatever its status', async () => {
    const records = [
      ...Array.from({ length: 7 }, () => sampleRecord()),
      sampleRecord({ status: 'scanning' }),
      sampleRecord({ deleted_at: '2026-05-05T00:00:00.000Z' }),
    ];
    await insert(records);
    const told: (readonly [number, number])[] = [];
    const done = await reindex({ progress: (...progress) => told.push(progress) });
    expect(done).toEqual({ made: true, images: 9, strays: 0, refused: 0 });
    expect(told.at(-1)?.[0]).toBe(9);
    expect(engine.indexOf('images')?.ids()).toEqual(records.map(({ image_id }) => image_id).sort());
    expect(await found('osprey')).toHaveLength(7);
  });

  test('removes what has no record, mends what is not as its record, and keeps what is newer', async () => {
    const [kept, stale, newer] = [
      sampleRecord({ title: 'Kept' }),
      sampleRecord({ title: 'New title', revision: 2 }),
      sampleRecord({ title: 'As it was' }),
    ];
    await insert([kept, stale, newer]);
    const stray = sampleRecord({ title: 'Stray' });
    const search = storage().search;
    if (!search) throw new Error('There is no search.');
    const writer = openSearchWriter(search, aws.clients);
    await writer.prepare();
    const written = [
      stray,
      { ...stale, title: 'Old title', revision: 1 },
      { ...newer, title: 'Newest', revision: 9 },
    ];
    await writer.write(written.map((record) => ({ image_id: record.image_id, record })));
    expect(await reindex()).toEqual({ made: false, images: 3, strays: 1, refused: 0 });
    expect(await found('stray')).toEqual([]);
    expect(await found('old')).toEqual([]);
    expect(await found('new-title')).toEqual([stale.image_id]);
    expect(await found('kept')).toEqual([kept.image_id]);
    expect(await found('newest')).toEqual([newer.image_id]);
    expect(await reindex()).toEqual({ made: false, images: 3, strays: 0, refused: 0 });
  });

  test('tells of what the engine refuses, and goes on with the others', async () => {
    const immense = sampleRecord({ description: null, tags: ['x'.repeat(40_000)], status: 'pending' });
    await insert([immense, sampleRecord()]);
    const refused: string[] = [];
    const done = await reindex({ refused: ({ image_id }) => refused.push(image_id) });
    expect(done).toEqual({ made: true, images: 1, strays: 0, refused: 1 });
    expect(refused).toEqual([immense.image_id]);
  });

  test('stops where the engine cannot be asked', async () => {
    engine.instead = () => ({ status: 500, body: '{}' });
    await expect(reindex()).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('says which variable is missing where search is switched off', async () => {
    const without = { ...aws.storage, search: undefined };
    expect(() => reindexOverAws(without, aws.clients, { progress() {}, refused() {} })).toThrow(
      /OPENSEARCH_URL/,
    );
  });
});
