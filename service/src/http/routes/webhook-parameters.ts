import type { Context } from 'hono';
import * as z from 'zod';
import type { Env } from '../context.ts';

export const webhookPath = z.object({ webhook_id: z.uuid() });

/** No shape is refused here: what cannot be an id is a webhook that does not exist. */
export function webhookIdOf(c: Context<Env>): string {
  return c.req.param('webhook_id') ?? '';
}
