import { describe, expect, test } from 'vitest';
import { ANONYMOUS } from '../domain/caller.ts';
import { MOST_WEBHOOKS, secretFrom, type Webhook } from '../domain/webhook-delivery.ts';
import { createMemoryAuditTrail } from '../drivers/memory/memory-audit-trail.ts';
import {
  createMemoryWebhookDeliveries,
  createMemoryWebhookRegistry,
} from '../drivers/memory/memory-webhooks.ts';
import { createWebhook } from './create-webhook.ts';
import { deleteWebhook } from './delete-webhook.ts';
import type { Deps, WebhookParts } from './deps.ts';
import { rotateWebhookSecret } from './rotate-webhook-secret.ts';

const HOOK = { url: 'https://shop.example.com/hook', events: ['image.ready' as const] };

type Others = (webhooks: readonly Webhook[]) => Webhook[];

/**
 * Webhooks in a store whose first write is made, and its answer lost: the client sends it again, and is told that the
 * list has another revision. Then somebody else may have written as well.
 */
async function forgetfulStore(before: readonly Webhook[], others: Others) {
  const registry = createMemoryWebhookRegistry();
  expect(await registry.write(0, before)).toBe(true);
  let writes = 0;
  const webhooks: WebhookParts = {
    registry: {
      read: () => registry.read(),
      async write(revision, next) {
        const isWritten = await registry.write(revision, next);
        if (!isWritten || ++writes > 1) return isWritten;
        await registry.write(revision + 1, others(next));
        return false;
      },
    },
    deliveries: createMemoryWebhookDeliveries(),
    sender: { allows: () => true, post: async () => ({ outcome: 'delivered', status: 204 }) },
  };
  const deps: Pick<Deps, 'webhooks' | 'audit' | 'clock'> = {
    webhooks,
    audit: createMemoryAuditTrail(),
    clock: { now: () => Date.parse('2026-05-04T03:02:01Z') },
  };
  return { deps, stored: async () => (await registry.read()).webhooks };
}

const known = (webhook_id: string): Webhook => ({
  ...HOOK,
  webhook_id,
  created_at: '2026-05-04T03:02:01.000Z',
  disabled_at: null,
  secrets: [{ secret: secretFrom(Buffer.alloc(32, webhook_id)), expires_at: null }],
});

describe.each([
  { and: 'nobody else has written', others: (webhooks: readonly Webhook[]) => [...webhooks] },
  {
    and: 'somebody else has written since',
    others: (webhooks: readonly Webhook[]) => [known('other'), ...webhooks],
  },
])('a change of the webhooks whose answer was lost, where $and', ({ others }) => {
  test('makes one webhook', async () => {
    const { deps, stored } = await forgetfulStore([], others);
    const { webhook } = await createWebhook(deps, ANONYMOUS, HOOK);
    expect(await stored()).toEqual(others([webhook]));
  });

  test('makes the last one that there may be', async () => {
    const before = Array.from({ length: MOST_WEBHOOKS - 1 }, (_unused, at) => known(`w${at}`));
    const { deps, stored } = await forgetfulStore(before, others);
    const { webhook } = await createWebhook(deps, ANONYMOUS, HOOK);
    expect(await stored()).toEqual(others([...before, webhook]));
  });

  test('removes a webhook, and does not say that there was none', async () => {
    const { deps, stored } = await forgetfulStore([known('a'), known('b')], others);
    await deleteWebhook(deps, ANONYMOUS, 'a');
    expect(await stored()).toEqual(others([known('b')]));
  });

  test('gives a webhook one secret more', async () => {
    const { deps, stored } = await forgetfulStore([known('a')], others);
    const { webhook, secret } = await rotateWebhookSecret(deps, ANONYMOUS, 'a');
    expect(await stored()).toEqual(others([webhook]));
    expect(webhook.secrets.map((each) => each.secret)).toEqual([secret, known('a').secrets[0]?.secret]);
  });
});

test('one who removes a webhook that is not there is told so', async () => {
  const { deps } = await forgetfulStore([known('a')], (webhooks) => [...webhooks]);
  await expect(deleteWebhook(deps, ANONYMOUS, 'b')).rejects.toMatchObject({ code: 'not_found' });
});
