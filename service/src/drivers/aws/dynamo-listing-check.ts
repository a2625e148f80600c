import { isDeepStrictEqual } from 'node:util';
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  TransactGetItemsCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { ImageRecord } from '../../domain/image.ts';
import { type ImageId, isImageId } from '../../domain/image-id.ts';
import type { ListingCheck, ListingDifferences, ListingRow } from '../../ports/listing-check.ts';
import { mustStillBe } from './dynamo-image-index.ts';
import { indexFailure } from './failures.ts';
import { type ListingRow as ExpectedRow, type Item, recordFromItem, rowsOf } from './image-item.ts';
import { pacedScan } from './paced-scan.ts';
import type { TableNames } from './tables.ts';
import { type Pause, writeTransaction } from './transaction.ts';

export interface DynamoListingCheckOptions {
  readonly client: DynamoDBClient;
  readonly tables: Pick<TableNames, 'images' | 'listings'>;
  readonly shards: () => Promise<number>;
  /** Read units a second that this may take from those that requests need. */
  readonly unitsPerSecond: number;
  readonly pause: Pause;
}

/** What DynamoDB gives in one batch. */
const BATCH = 100;

/** The partitions that rows of images lie in; notes of jobs, and whatever a newer release adds, are not looked at. */
const PARTITIONS = /^(?:USER|UTAG|UNREADY|TRASH|DUE#(?:expire-upload|purge))#/;

/** The rows of the table `listings`, held against the records as the index would write them. */
export class DynamoListingCheck implements ListingCheck {
  readonly #options: DynamoListingCheckOptions;

  constructor(options: DynamoListingCheckOptions) {
    this.#options = options;
  }

  async suspectsAmong(records: readonly ImageRecord[]): Promise<readonly ImageId[]> {
    const { tables } = this.#options;
    const shards = await this.#options.shards();
    const expected = records.map((record) => ({ record, rows: rowsOf(record, shards) }));
    const keys = expected.flatMap(({ rows }) => rows.map(keyItem));
    const stored = new Map<string, Item>();
    for await (const item of this.#getAll(tables.listings, keys)) stored.set(placeOfItem(item), item);
    return expected
      .filter(({ rows }) => rows.some((row) => !isAsExpected(stored.get(placeOfRow(row)), row, shards)))
      .map(({ record }) => record.image_id);
  }

  async differencesOf(image_id: ImageId): Promise<ListingDifferences | undefined> {
    const shards = await this.#options.shards();
    const [first] = await this.#inOneView(image_id, []);
    if (!first) return undefined;
    // Which rows are to be read is known of a record only; both are read together.
    const rows = rowsOf(recordFromItem(first), shards);
    const [item, ...found] = await this.#inOneView(image_id, rows);
    if (!isDeepStrictEqual(item, first)) return undefined;
    const record = recordFromItem(first);
    const missing = rows.filter((_row, at) => found[at] === undefined).map(placeOfRow);
    const stale = rows
      .filter((row, at) => found[at] !== undefined && !isAsExpected(found[at], row, shards))
      .map(placeOfRow);
    return missing.length + stale.length > 0 ? { record, missing, stale } : undefined;
  }

  async *strays(): AsyncGenerator<ListingRow> {
    const { client, tables, unitsPerSecond, pause } = this.#options;
    const scan = { client, table: tables.listings, unitsPerSecond, pause };
    let batch: ListingRow[] = [];
    let images = new Set<string>();
    for await (const item of pacedScan(scan, {}, indexFailure)) {
      const image_id = item['image_id']?.S ?? '';
      if (!PARTITIONS.test(item['pk']?.S ?? '') || !isImageId(image_id)) continue;
      batch.push({ image_id, place: placeOfItem(item) });
      if (images.add(image_id).size < BATCH) continue;
      yield* this.#straysAmong(batch, images);
      batch = [];
      images = new Set();
    }
    yield* this.#straysAmong(batch, images);
  }

  async isStray(row: ListingRow): Promise<boolean> {
    const shards = await this.#options.shards();
    const [item, found] = await this.#inOneView(row.image_id, [keyOfPlace(row.place)]);
    return found !== undefined && !belongs(row, item && recordFromItem(item), shards);
  }

  async removeStray(row: ListingRow): Promise<boolean> {
    const { client, tables, shards, pause } = this.#options;
    const [item] = await this.#inOneView(row.image_id, []);
    const record = item && recordFromItem(item);
    if (belongs(row, record, await shards())) return false;
    const check: TransactWriteItem = {
      ConditionCheck: {
        TableName: tables.images,
        Key: { image_id: { S: row.image_id } },
        ...(record ? mustStillBe(record) : MUST_BE_GONE),
      },
    };
    const removal = { Delete: { TableName: tables.listings, Key: keyItem(keyOfPlace(row.place)) } };
    try {
      return (await writeTransaction(client, [check, removal], pause)) === undefined;
    } catch (error) {
      throw indexFailure(error);
    }
  }

  async *#straysAmong(rows: readonly ListingRow[], images: ReadonlySet<string>): AsyncGenerator<ListingRow> {
    const shards = await this.#options.shards();
    const keys = [...images].map((image_id) => ({ image_id: { S: image_id } }));
    const records = new Map<string, ImageRecord>();
    for await (const item of this.#getAll(this.#options.tables.images, keys)) {
      const record = recordFromItem(item);
      records.set(record.image_id, record);
    }
    for (const row of rows) if (!belongs(row, records.get(row.image_id), shards)) yield row;
  }

  /** The record's item, then those of rows: each undefined where there is none. */
  async #inOneView(
    image_id: ImageId,
    rows: readonly Pick<ExpectedRow, 'pk' | 'sk'>[],
  ): Promise<(Item | undefined)[]> {
    const { client, tables } = this.#options;
    const gets = [
      { Get: { TableName: tables.images, Key: { image_id: { S: image_id } } } },
      ...rows.map((row) => ({ Get: { TableName: tables.listings, Key: keyItem(row) } })),
    ];
    try {
      const { Responses = [] } = await client.send(new TransactGetItemsCommand({ TransactItems: gets }));
      return gets.map((_get, at) => Responses[at]?.Item);
    } catch (error) {
      throw indexFailure(error);
    }
  }

  /** The items that are there, at the rate that is allowed. */
  async *#getAll(table: string, keys: readonly Item[]): AsyncGenerator<Item> {
    const { client, unitsPerSecond, pause } = this.#options;
    let left = [...keys];
    while (left.length > 0) {
      const command = new BatchGetItemCommand({
        RequestItems: { [table]: { Keys: left.slice(0, BATCH), ConsistentRead: true } },
        ReturnConsumedCapacity: 'TOTAL',
      });
      const page = await client.send(command).catch((error: unknown) => {
        throw indexFailure(error);
      });
      yield* page.Responses?.[table] ?? [];
      left = [...(page.UnprocessedKeys?.[table]?.Keys ?? []), ...left.slice(BATCH)];
      const units = page.ConsumedCapacity?.reduce((sum, each) => sum + (each.CapacityUnits ?? 0), 0) ?? 0;
      // Where nothing was read, all has been put off: asking again at once would be asking in vain.
      await pause((Math.max(units, 1) / unitsPerSecond) * 1000);
    }
  }
}

const MUST_BE_GONE = {
  ConditionExpression: 'attribute_not_exists(#id)',
  ExpressionAttributeNames: { '#id': 'image_id' },
};

function belongs({ place }: ListingRow, record: ImageRecord | undefined, shards: number): boolean {
  return record !== undefined && rowsOf(record, shards).some((row) => placeOfRow(row) === place);
}

/** In whatever shard: those of a row that was written when there were fewer are looked into all the same. */
function isAsExpected(found: Item | undefined, { item }: ExpectedRow, shards: number): boolean {
  if (!found) return false;
  const { gpk, ...content } = found;
  const { gpk: expectedGpk, ...expected } = item;
  if (!isDeepStrictEqual(content, expected)) return false;
  const [listed, shard] = partsOf(gpk?.S);
  const [expectedListed] = partsOf(expectedGpk?.S);
  return listed === expectedListed && (listed === undefined || Number(shard) < shards);
}

/** A partition of the index over all users, and its shard. */
function partsOf(gpk: string | undefined): [string | undefined, string | undefined] {
  if (gpk === undefined) return [undefined, undefined];
  const end = gpk.lastIndexOf('#');
  return [gpk.slice(0, end), gpk.slice(end + 1)];
}

const placeOfRow = ({ pk, sk }: Pick<ExpectedRow, 'pk' | 'sk'>) => `${pk} ${sk}`;

const placeOfItem = (item: Item) => placeOfRow({ pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' });

/** Neither key of a row has a space: what users have made is percent-encoded. */
function keyOfPlace(place: string): { pk: string; sk: string } {
  const [pk = '', sk = ''] = place.split(' ');
  return { pk, sk };
}

const keyItem = ({ pk, sk }: Pick<ExpectedRow, 'pk' | 'sk'>): Item => ({ pk: { S: pk }, sk: { S: sk } });
