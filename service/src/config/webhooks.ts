import * as z from 'zod';

/** `internal`: messages may be sent to addresses that are nobody's on the internet, and by http. */
export type WebhooksConfig = 'off' | 'on' | 'internal';

export const webhookEnvironment = {
  WEBHOOKS: z.enum(['off', 'on', 'internal'], 'must be off, on or internal').default('off'),
};
