import * as z from 'zod';
import { WEBHOOK_EVENTS } from '../domain/webhook.ts';
import { DELIVERY_STATES } from '../domain/webhook-delivery.ts';
import { imageListSchema } from './schemas.ts';

/** What answers about webhooks look like. */

const instant = z.iso.datetime({ precision: 3 });

export const webhookSchema = z
  .strictObject({
    webhook_id: z.uuid(),
    url: z.url(),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    created_at: instant,
    disabled_at: instant.nullable().meta({
      description:
        'When its receiver answered 410: nothing is sent to it any more. Delete it, and make a new one.',
    }),
  })
  .meta({ id: 'Webhook' });

export const webhookWithSecretSchema = z
  .strictObject({
    ...webhookSchema.shape,
    secret: z.string().meta({
      description: 'What messages are signed with. It is said here alone: keep it.',
      example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
    }),
  })
  .meta({ id: 'WebhookWithSecret' });

export const webhookListSchema = z
  .strictObject({ items: z.array(webhookSchema), count: z.int() })
  .meta({ id: 'WebhookList' });

export const deliverySchema = z
  .strictObject({
    delivery_id: z.uuid(),
    webhook_id: z.uuid(),
    event_id: z.uuid().meta({ description: 'The `webhook-id` of the message, at each of its tries.' }),
    type: z.enum(WEBHOOK_EVENTS),
    body: z.string().meta({ description: 'What is sent, to the letter: JSON.' }),
    created_at: instant.meta({ description: 'When that happened.' }),
    state: z.enum(DELIVERY_STATES),
    tries: z.int().meta({ description: 'Since it was last replayed.' }),
    next_try_at: instant.nullable().meta({ description: 'While `waiting`; about.' }),
    last_try: z
      .strictObject({
        at: instant,
        outcome: z.string().meta({
          description:
            '`delivered`; `answered`, with another status than 2xx; or why there was no answer: `timeout`, ' +
            '`connection`, `tls`, `name_not_found` or `address_not_allowed`.',
        }),
        status: z.int().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Delivery' });

export const deliveryListSchema = z
  .strictObject({
    items: z.array(deliverySchema),
    count: z.int(),
    last_evaluated_key: imageListSchema.shape.last_evaluated_key,
  })
  .meta({ id: 'DeliveryList' });
