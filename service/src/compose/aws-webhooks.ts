import type { WebhooksConfig } from '../config/webhooks.ts';
import type { AwsClients } from '../drivers/aws/clients.ts';
import { DynamoWebhookDeliveries } from '../drivers/aws/dynamo-webhook-deliveries.ts';
import { DynamoWebhookRegistry } from '../drivers/aws/dynamo-webhooks.ts';
import type { Pause } from '../drivers/aws/transaction.ts';
import type { WebhookParts } from '../operations/deps.ts';
import type { Log } from '../ports/log.ts';
import { openWebhookSender } from './webhook-sender.ts';

export interface AwsWebhooksOptions {
  readonly client: AwsClients['dynamodb'];
  /** `listings`. */
  readonly table: string;
  readonly pause: Pause;
  readonly log: Log;
}

/** What webhooks are on AWS, for processes that have to do with them; others have none of this code. */
export function openAwsWebhooks(
  webhooks: WebhooksConfig,
  { log, ...options }: AwsWebhooksOptions,
): WebhookParts {
  return {
    registry: new DynamoWebhookRegistry(options),
    deliveries: new DynamoWebhookDeliveries(options),
    sender: openWebhookSender(webhooks, log),
  };
}
