import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { AuditEvent } from '../../domain/audit-event.ts';
import { DomainError } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image-id.ts';
import { imageIdOfLink, isLive, newestFirst, type ShareLink } from '../../domain/share-link.ts';
import type { ShareLinks } from '../../ports/share-links.ts';
import type { DynamoAuditTrail } from './dynamo-audit-trail.ts';
import { indexFailure } from './failures.ts';
import type { Item } from './image-item.ts';
import { itemFromLink, linkFromItem, linkKey, linksPartition } from './link-item.ts';
import { type Pause, writeTransaction } from './transaction.ts';

export interface DynamoShareLinksOptions {
  readonly client: DynamoDBClient;
  /** The table `listings`, where rows expire by `expires_at`. */
  readonly table: string;
  readonly pause: Pause;
  readonly audit: Pick<DynamoAuditTrail, 'note'>;
}

/** How many deletions of a removal are on their way at once. */
const REMOVED_AT_ONCE = 10;

/**
 * Share links in DynamoDB. An opening is one conditional update; the SDK sends it again where no answer came,
 * and then it may be counted twice.
 */
export class DynamoShareLinks implements ShareLinks {
  readonly #options: DynamoShareLinksOptions;

  constructor(options: DynamoShareLinksOptions) {
    this.#options = options;
  }

  async create(link: ShareLink, audit?: AuditEvent): Promise<void> {
    const { table: TableName } = this.#options;
    const put = {
      TableName,
      Item: itemFromLink(link),
      ConditionExpression: 'attribute_not_exists(#pk)',
      ExpressionAttributeNames: { '#pk': 'pk' },
    };
    if (await this.#write({ Put: put }, audit)) return;
    throw new DomainError('conflict', 'There is a link of this id already.');
  }

  async list(image_id: ImageId, now: number): Promise<readonly ShareLink[]> {
    const links: ShareLink[] = [];
    for await (const item of this.#rowsOf(image_id)) links.push(linkFromItem(item));
    return links.filter((link) => isLive(link, now)).sort(newestFirst);
  }

  async find(link_id: string, now: number): Promise<ShareLink | undefined> {
    const { client, table: TableName } = this.#options;
    const image_id = imageIdOfLink(link_id);
    if (image_id === undefined) return undefined;
    try {
      const Key = linkKey(image_id, link_id);
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
      const link = Item && linkFromItem(Item);
      return link && isLive(link, now) ? link : undefined;
    } catch (error) {
      throw indexFailure(error);
    }
  }

  async open(link_id: string, now: number, at = now): Promise<ShareLink | undefined> {
    const { client, table: TableName } = this.#options;
    const image_id = imageIdOfLink(link_id);
    if (image_id === undefined) return undefined;
    const live = mustBeLive(now);
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName,
          Key: linkKey(image_id, link_id),
          UpdateExpression: 'SET #viewed = :viewed ADD #views :one',
          ConditionExpression: live.ConditionExpression,
          ExpressionAttributeNames: {
            ...live.ExpressionAttributeNames,
            '#viewed': 'last_viewed_at',
            '#views': 'views',
          },
          ExpressionAttributeValues: {
            ...live.ExpressionAttributeValues,
            ':viewed': { S: new Date(at).toISOString() },
            ':one': { N: '1' },
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes && linkFromItem(Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw indexFailure(error);
    }
  }

  async revoke(image_id: ImageId, link_id: string, now: number, audit?: AuditEvent): Promise<boolean> {
    if (imageIdOfLink(link_id) !== image_id) return false;
    const { table: TableName } = this.#options;
    return this.#write({ Delete: { TableName, Key: linkKey(image_id, link_id), ...mustBeLive(now) } }, audit);
  }

  async removeOf(image_id: ImageId): Promise<void> {
    const { client, table: TableName } = this.#options;
    const keys: Item[] = [];
    for await (const { sk } of this.#rowsOf(image_id)) keys.push(linkKey(image_id, sk?.S ?? ''));
    try {
      while (keys.length > 0) {
        const removed = keys.splice(0, REMOVED_AT_ONCE);
        await Promise.all(removed.map((Key) => client.send(new DeleteItemCommand({ TableName, Key }))));
      }
    } catch (error) {
      throw indexFailure(error);
    }
  }

  /** All of them, the expired ones that the table still has included. */
  async *#rowsOf(image_id: ImageId): AsyncGenerator<Item> {
    const { client, table: TableName } = this.#options;
    let last: Item | undefined;
    do {
      const command = new QueryCommand({
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': 'pk' },
        ExpressionAttributeValues: { ':pk': { S: linksPartition(image_id) } },
        ...(last ? { ExclusiveStartKey: last } : {}),
      });
      const page = await client.send(command).catch((error: unknown) => {
        throw indexFailure(error);
      });
      yield* page.Items ?? [];
      last = page.LastEvaluatedKey;
    } while (last);
  }

  /** @returns false where the link's condition does not hold. */
  async #write(change: TransactWriteItem, audit: AuditEvent | undefined): Promise<boolean> {
    const { client, pause, audit: trail } = this.#options;
    try {
      const events = audit ? [trail.note(audit)] : [];
      return (await writeTransaction(client, [change, ...events], pause)) === undefined;
    } catch (error) {
      throw indexFailure(error);
    }
  }
}

/** The condition under which a link is there and has not expired. */
function mustBeLive(now: number) {
  return {
    // Of an item that is not there no comparison holds.
    ConditionExpression: '#expires > :now',
    ExpressionAttributeNames: { '#expires': 'expires_ms' },
    ExpressionAttributeValues: { ':now': { N: String(now) } },
  };
}
