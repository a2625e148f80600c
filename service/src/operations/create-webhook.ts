import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
import type { Caller } from '../domain/caller.ts';
import { DomainError, invalidField } from '../domain/errors.ts';
import { WEBHOOK_EVENTS } from '../domain/webhook.ts';
import { MOST_WEBHOOKS, secretFrom, type Webhook } from '../domain/webhook-delivery.ts';
import type { Deps } from './deps.ts';
import { changeWebhooks, partsOfWebhooks } from './steps/webhooks.ts';

const LONGEST_URL = 1000;

export const newWebhook = z.strictObject({
  url: z
    .string()
    .max(LONGEST_URL, `must have at most ${LONGEST_URL} characters`)
    .refine((text) => URL.canParse(text), 'must be a URL')
    .meta({
      description: 'Where messages are sent: https, and an address on the internet.',
      example: 'https://shop.example.com/tintype',
    }),
  events: z
    .array(z.enum(WEBHOOK_EVENTS, `must be some of ${WEBHOOK_EVENTS.join(', ')}`))
    .min(1, `must be some of ${WEBHOOK_EVENTS.join(', ')}`)
    .refine((events) => new Set(events).size === events.length, 'must name each once')
    .meta({ description: 'What it is told of.', example: ['image.ready', 'image.deleted'] }),
});

export type NewWebhook = z.output<typeof newWebhook>;

/** A webhook, with the secret that its messages are signed with: said here, and never again. */
export interface CreateWebhookOutput {
  readonly webhook: Webhook;
  readonly secret: string;
}

/** Has somebody told of what happens to images from now on. */
export async function createWebhook(
  deps: Pick<Deps, 'webhooks' | 'audit' | 'clock'>,
  caller: Caller,
  { url, events }: NewWebhook,
): Promise<CreateWebhookOutput> {
  const { sender } = partsOfWebhooks(deps);
  const target = new URL(url);
  if (target.username !== '' || target.password !== '' || target.hash !== '') {
    throw invalidField('url', 'must hold no user, no password and no fragment');
  }
  if (!sender.allows(target)) throw invalidField('url', 'must be https, and lead to the internet');
  const msecs = deps.clock.now();
  const secret = secretFrom(randomBytes(32));
  const webhook: Webhook = {
    webhook_id: uuidv7({ msecs }),
    url: target.href,
    events,
    created_at: new Date(msecs).toISOString(),
    disabled_at: null,
    secrets: [{ secret, expires_at: null }],
  };
  await changeWebhooks(deps, { caller, action: 'create-webhook' }, (webhooks) => {
    // Made by the try before, whose answer was lost.
    if (webhooks.some(({ webhook_id }) => webhook_id === webhook.webhook_id)) return webhooks;
    if (webhooks.length >= MOST_WEBHOOKS) {
      throw new DomainError('conflict', `There are ${MOST_WEBHOOKS} webhooks, and there can be no more.`);
    }
    return [...webhooks, webhook];
  });
  return { webhook, secret };
}
