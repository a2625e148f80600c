import type { Webhook } from '../domain/webhook-delivery.ts';

/** A webhook as admins see it: without its secrets. */
export function webhookBody({ secrets: _secrets, ...shown }: Webhook): Omit<Webhook, 'secrets'> {
  return shown;
}
