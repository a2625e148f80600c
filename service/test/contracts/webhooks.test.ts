import { expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import type { Delivery } from '../../src/domain/webhook-delivery.ts';
import { DynamoWebhookDeliveries } from '../../src/drivers/aws/dynamo-webhook-deliveries.ts';
import { DynamoWebhookRegistry } from '../../src/drivers/aws/dynamo-webhooks.ts';
import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import {
  createMemoryWebhookDeliveries,
  createMemoryWebhookRegistry,
} from '../../src/drivers/memory/memory-webhooks.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { describeFailedWebhooks, describeWebhooks } from './webhooks.contract.ts';

describeWebhooks('memory', async () => ({
  registry: createMemoryWebhookRegistry(),
  deliveries: createMemoryWebhookDeliveries(),
  close: async () => {},
}));

async function openEmbedded() {
  const folder = await scratchFolder();
  const { webhooks, close } = await openStorage(folder.path, silentLog);
  return { ...webhooks, close: () => close().then(() => folder.remove()) };
}

describeWebhooks('SQLite', openEmbedded);

describeFailedWebhooks('SQLite', async () => {
  const { close, ...webhooks } = await openEmbedded();
  await close();
  return webhooks;
});

const overDynamo = async (named?: string) => {
  const { clients, storage, close } = await openInstallation();
  const options = { client: clients.dynamodb, table: named ?? storage.tables.listings };
  const deliveries = new DynamoWebhookDeliveries({ ...options, pause: async () => {} });
  return { registry: new DynamoWebhookRegistry(options), deliveries, close };
};

describeWebhooks('DynamoDB', () => overDynamo());

describeFailedWebhooks('DynamoDB', () => overDynamo('no-such-table'));

const DAY = 86_400_000;

test('SQLite keeps deliveries for seven days after their last try, and those that wait until then', async () => {
  const { deliveries, close } = await openEmbedded();
  const now = Date.UTC(2026, 4, 4);
  const at = (milliseconds: number) => new Date(now + milliseconds).toISOString();
  const delivery = (differing: Partial<Delivery>): Delivery => ({
    delivery_id: newImageId(now),
    webhook_id: newImageId(0),
    event_id: newImageId(now),
    type: 'image.ready',
    body: '{}',
    created_at: at(0),
    state: 'failed',
    tries: 3,
    next_try_at: null,
    last_try: { at: at(DAY), outcome: 'timeout', status: null },
    ...differing,
  });
  const failed = delivery({});
  const waiting = delivery({ state: 'waiting', next_try_at: at(3 * DAY) });
  for (const each of [failed, waiting]) await deliveries.insert(each);
  expect(await deliveries.expire(now + 8 * DAY)).toBe(0);
  expect(await deliveries.expire(now + 8 * DAY + 1)).toBe(1);
  expect(await deliveries.get(failed.webhook_id, failed.delivery_id)).toBeUndefined();
  expect(await deliveries.get(waiting.webhook_id, waiting.delivery_id)).toEqual(waiting);
  expect(await deliveries.expire(now + 10 * DAY + 1)).toBe(1);
  await close();
});
