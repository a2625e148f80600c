import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Webhook } from '../../domain/webhook-delivery.ts';
import type { WebhookList, WebhookRegistry } from '../../ports/webhooks.ts';
import { indexFailure } from './failures.ts';
import { WEBHOOKS_KEY } from './webhook-items.ts';

/**
 * The list of webhooks as one item of the table `listings`, written on condition of its revision: 20 of them, with
 * the longest URLs, are some 30 KB of the 400 that an item may have.
 */
export class DynamoWebhookRegistry implements WebhookRegistry {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  /** @param table `listings`. */
  constructor({ client, table }: { readonly client: DynamoDBClient; readonly table: string }) {
    this.#client = client;
    this.#table = table;
  }

  async read(): Promise<WebhookList> {
    try {
      const { Item } = await this.#client.send(
        new GetItemCommand({ TableName: this.#table, Key: WEBHOOKS_KEY, ConsistentRead: true }),
      );
      const webhooks = JSON.parse(Item?.['webhooks']?.S ?? '[]') as Webhook[];
      return { revision: Number(Item?.['revision']?.N ?? 0), webhooks };
    } catch (error) {
      throw indexFailure(error);
    }
  }

  async write(revision: number, webhooks: readonly Webhook[]): Promise<boolean> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...WEBHOOKS_KEY,
            revision: { N: String(revision + 1) },
            webhooks: { S: JSON.stringify(webhooks) },
          },
          ConditionExpression: revision === 0 ? 'attribute_not_exists(pk)' : 'revision = :revision',
          ...(revision === 0 ? {} : { ExpressionAttributeValues: { ':revision': { N: String(revision) } } }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw indexFailure(error);
    }
  }
}
