import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { ImageId } from '../../domain/image-id.ts';
import type { ImageRecords } from '../../ports/image-records.ts';
import { indexFailure } from './failures.ts';
import { type Item, recordFromItem } from './image-item.ts';
import type { Pause } from './transaction.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const MOST_KEYS = 100;

/** How often what a table could not give at once is asked for again. */
const TRIES = 8;

export interface RecordsOptions {
  readonly client: DynamoDBClient;
  /** `images`. */
  readonly table: string;
  readonly pause: Pause;
}

/** Reads records a hundred at once, as they are now; a read unit each (up to 4 KB). */
export class DynamoImageRecords implements ImageRecords {
  readonly #options: RecordsOptions;

  constructor(options: RecordsOptions) {
    this.#options = options;
  }

  async getRecords(ids: readonly ImageId[]): Promise<ImageRecord[]> {
    const distinct = [...new Set(ids)];
    const batches = Array.from({ length: Math.ceil(distinct.length / MOST_KEYS) }, (_, at) =>
      distinct.slice(at * MOST_KEYS, (at + 1) * MOST_KEYS),
    );
    const items = await Promise.all(batches.map((batch) => this.#readBatch(batch)));
    return items.flat().map(recordFromItem);
  }

  async #readBatch(ids: readonly ImageId[]): Promise<Item[]> {
    const { client, table, pause } = this.#options;
    const items: Item[] = [];
    let keys: Item[] = ids.map((id) => ({ image_id: { S: id } }));
    for (let tried = 0; keys.length > 0; tried += 1) {
      if (tried === TRIES) throw unavailable('The image index cannot do this now.', 'keys stay unprocessed');
      if (tried > 0) await pause(50 * 2 ** tried * Math.random());
      try {
        const { Responses, UnprocessedKeys } = await client.send(
          new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
        );
        items.push(...(Responses?.[table] ?? []));
        keys = UnprocessedKeys?.[table]?.Keys ?? [];
      } catch (error) {
        throw indexFailure(error);
      }
    }
    return items;
  }
}
