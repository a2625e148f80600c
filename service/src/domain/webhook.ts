import { createHmac } from 'node:crypto';

/** What happens to images, as those are told who have asked to be. */
export const WEBHOOK_EVENTS = ['image.ready', 'image.rejected', 'image.updated', 'image.deleted'] as const;

export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** One message, the same for each try: https://www.standardwebhooks.com, "Webhook metadata" and "Payload". */
export interface WebhookMessage {
  /** The same for every try, so that whoever receives it twice can tell. */
  readonly message_id: string;
  /** JSON. */
  readonly body: string;
}

/** Standard Webhooks write a secret as base64 behind this. */
export const SECRET_PREFIX = 'whsec_';

/**
 * The headers that prove whose message it is: `webhook-id`, `webhook-timestamp`, and a `v1` signature (HMAC with
 * SHA-256) by each secret that counts, so that a secret can be changed without missing a message.
 * @param secrets as they are written, `whsec_...`; newest first.
 * @param now milliseconds since 1970: of this try.
 */
export function signedHeaders(
  { message_id, body }: WebhookMessage,
  secrets: readonly string[],
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    const signature = createHmac('sha256', key).update(`${message_id}.${timestamp}.${body}`).digest('base64');
    return `v1,${signature}`;
  });
  return {
    'webhook-id': message_id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
