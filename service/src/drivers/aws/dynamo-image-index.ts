import {
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { AuditEvent } from '../../domain/audit-event.ts';
import { DomainError, imageNotFound } from '../../domain/errors.ts';
import { type ImageRecord, type ImageSummary, summaryOf } from '../../domain/image.ts';
import type { ImageId } from '../../domain/image-id.ts';
import type { Job } from '../../domain/job.ts';
import type { ListFilter, ListPage, ListPosition } from '../../domain/listing.ts';
import type { DueKind, ImageIndex } from '../../ports/image-index.ts';
import type { DynamoAuditTrail } from './dynamo-audit-trail.ts';
import { dueImages } from './dynamo-due.ts';
import { DynamoImageRecords } from './dynamo-image-records.ts';
import type { DynamoJobOutbox } from './dynamo-job-outbox.ts';
import { listPage } from './dynamo-listings.ts';
import { indexFailure } from './failures.ts';
import { itemFromRecord, type ListingRow, recordFromItem, rowsOf } from './image-item.ts';
import type { TableNames } from './tables.ts';
import { type Pause, writeTransaction } from './transaction.ts';

export interface DynamoImageIndexOptions {
  readonly client: DynamoDBClient;
  readonly tables: Pick<TableNames, 'images' | 'listings'>;
  /** Named in the records' `s3_url`. */
  readonly bucket: string;
  /** How many partitions the views over all users are spread over. */
  readonly shards: () => Promise<number>;
  readonly pause: Pause;
  /** For processes whose changes cause jobs. */
  readonly outbox?: Pick<DynamoJobOutbox, 'note'> | undefined;
  /** For processes whose changes somebody makes. */
  readonly audit?: Pick<DynamoAuditTrail, 'note'> | undefined;
}

/** Written with the change that causes it, or not at all. */
interface Along {
  readonly jobs: readonly Job[] | undefined;
  readonly audit: AuditEvent | undefined;
}

/** Which item of a transaction is the record's own: its condition decides. */
const RECORD_FIRST = 0;

/** Records in DynamoDB: the record and its rows in listings change in one transaction. */
export class DynamoImageIndex implements ImageIndex {
  readonly #options: DynamoImageIndexOptions;

  constructor(options: DynamoImageIndexOptions) {
    this.#options = options;
  }

  async insert(record: ImageRecord, jobs?: readonly Job[], audit?: AuditEvent): Promise<void> {
    const rows = rowsOf(record, await this.#options.shards());
    const condition = { ConditionExpression: 'attribute_not_exists(#id)', ExpressionAttributeNames: ID };
    await this.#write(
      [{ Put: { ...this.#record(record), ...condition } }, ...rows.map((row) => this.#putRow(row))],
      () => new DomainError('conflict', 'There is an image with this id already.'),
      { jobs, audit },
    );
  }

  async get(id: ImageId): Promise<ImageRecord | undefined> {
    const { client, tables } = this.#options;
    try {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tables.images, Key: { image_id: { S: id } }, ConsistentRead: true }),
      );
      return Item && recordFromItem(Item);
    } catch (error) {
      throw indexFailure(error);
    }
  }

  async getSummaries(ids: readonly ImageId[]): Promise<ImageSummary[]> {
    const { client, tables, pause } = this.#options;
    const records = await new DynamoImageRecords({ client, table: tables.images, pause }).getRecords(ids);
    const found = new Map(records.map((record) => [record.image_id, summaryOf(record)]));
    return ids.flatMap((id) => found.get(id) ?? []);
  }

  async replace(
    previous: ImageRecord,
    next: ImageRecord,
    jobs?: readonly Job[],
    audit?: AuditEvent,
  ): Promise<void> {
    const shards = await this.#options.shards();
    const rows = rowsOf(next, shards);
    const kept = new Set(rows.map(keyOf));
    const dropped = rowsOf(previous, shards).filter((row) => !kept.has(keyOf(row)));
    await this.#write(
      [
        { Put: { ...this.#record(next), ...mustStillBe(previous) } },
        ...rows.map((row) => this.#putRow(row)),
        ...dropped.map((row) => this.#deleteRow(row)),
      ],
      changedOrGone,
      { jobs, audit },
    );
  }

  async remove(previous: ImageRecord, jobs?: readonly Job[], audit?: AuditEvent): Promise<void> {
    const { tables, shards } = this.#options;
    const rows = rowsOf(previous, await shards());
    const Key = { image_id: { S: previous.image_id } };
    await this.#write(
      [
        { Delete: { TableName: tables.images, Key, ...mustStillBe(previous) } },
        ...rows.map((row) => this.#deleteRow(row)),
      ],
      changedOrGone,
      { jobs, audit },
    );
  }

  async list(filter: ListFilter, limit: number, after: ListPosition | null): Promise<ListPage> {
    const { client, tables, shards } = this.#options;
    try {
      const count = filter.user_id === undefined ? await shards() : 1;
      return await listPage({ client, table: tables.listings }, count, filter, limit, after);
    } catch (error) {
      throw indexFailure(error);
    }
  }

  async due(kind: DueKind, before: number, limit: number, after?: number): Promise<ImageRecord[]> {
    const { client, tables, shards } = this.#options;
    try {
      const where = { client, table: tables.listings, shards: await shards() };
      const ids = await dueImages(where, kind, { before, after }, limit);
      const records = await Promise.all(ids.map((id) => this.get(id)));
      return records.filter((record) => record !== undefined);
    } catch (error) {
      throw indexFailure(error);
    }
  }

  async check(): Promise<void> {
    const { client, tables } = this.#options;
    try {
      const names = [tables.images, tables.listings];
      await Promise.all(names.map((TableName) => client.send(new DescribeTableCommand({ TableName }))));
    } catch (error) {
      throw indexFailure(error);
    }
  }

  /** @param refusal what it means that the record's own condition has failed. */
  async #write(
    items: readonly TransactWriteItem[],
    refusal: (wasThere: boolean) => DomainError,
    { jobs = [], audit }: Along,
  ): Promise<void> {
    const { client, pause, outbox, audit: trail } = this.#options;
    if (jobs.length > 0 && !outbox) throw new Error('This process was given no outbox for jobs.');
    if (audit && !trail) throw new Error('This process was given no audit trail.');
    try {
      const notes = await outbox?.note(jobs);
      const events = audit && trail ? [trail.note(audit)] : [];
      const reasons = await writeTransaction(client, [...items, ...(notes?.items ?? []), ...events], pause);
      if (reasons) throw refusal(reasons[RECORD_FIRST]?.Item !== undefined);
      await notes?.send();
    } catch (error) {
      throw indexFailure(error);
    }
  }

  #record(record: ImageRecord) {
    const { tables, bucket } = this.#options;
    return { TableName: tables.images, Item: itemFromRecord(record, bucket) };
  }

  #putRow({ item }: ListingRow): TransactWriteItem {
    return { Put: { TableName: this.#options.tables.listings, Item: item } };
  }

  #deleteRow({ pk, sk }: ListingRow): TransactWriteItem {
    return { Delete: { TableName: this.#options.tables.listings, Key: { pk: { S: pk }, sk: { S: sk } } } };
  }
}

const ID = { '#id': 'image_id' };

const keyOf = ({ pk, sk }: ListingRow) => `${pk} ${sk}`;

/** The condition under which a record is still the one that was read. */
export function mustStillBe({ version, revision, background_revision, status }: ImageRecord) {
  const background = String(background_revision);
  return {
    ConditionExpression:
      '#version = :version AND #revision = :revision AND #status = :status AND ' +
      // Left out of items that background work has not written.
      (background_revision === 0 ? 'attribute_not_exists(#background)' : '#background = :background'),
    ExpressionAttributeNames: {
      '#version': 'version',
      '#revision': 'revision',
      '#status': 'status',
      '#background': 'background_revision',
    },
    ExpressionAttributeValues: {
      ':version': { N: String(version) },
      ':revision': { N: String(revision) },
      ':status': { S: status },
      ...(background_revision === 0 ? {} : { ':background': { N: background } }),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}

function changedOrGone(wasThere: boolean): DomainError {
  return wasThere ? new DomainError('conflict', 'The image has changed meanwhile.') : imageNotFound();
}
