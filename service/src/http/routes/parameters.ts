import type { Context } from 'hono';
import * as z from 'zod';
import { invalidField } from '../../domain/errors.ts';
import type { Disposition } from '../../operations/steps/present-image.ts';
import type { Env } from '../context.ts';
import { NO_QUERY, queryOf, validate } from '../input.ts';
import { imageSchema } from '../schemas.ts';

/** Parameters that several routes have. */

export const imageIdPath = z.object({ image_id: z.uuid() });

/** No shape is refused here: what cannot be an id is an image that does not exist. */
export function imageIdOf(c: Context<Env>): string {
  return c.req.param('image_id') ?? '';
}

export const linkIdPath = z.object({ link_id: z.string() });

/** As with images: what cannot be one is a link that does not exist. */
export function linkIdOf(c: Context<Env>): string {
  return c.req.param('link_id') ?? '';
}

/** As the path says it, yet to be checked; in percent-encoded UTF-8, of which there is one reading. */
export function userIdOf(c: Context<Env>): string {
  try {
    decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    throw invalidField('user_id', 'must be percent-encoded UTF-8');
  }
  return c.req.param('user_id') ?? '';
}

export const ifMatchHeader = z.object({
  'If-Match': z
    .string()
    .optional()
    .meta({ description: 'Only if the image still has this ETag; 412 otherwise.', example: '"1.1"' }),
});

export const dispositionQuery = z.strictObject({
  download: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: 'With `true`, the URL downloads as a file.' }),
});

/** Where nothing is said of it, as in most requests: not found out each time. */
let unsaid: Disposition | undefined;

export function dispositionOf(c: Context<Env>): Disposition {
  const query = queryOf(c);
  if (query !== NO_QUERY) return dispositionIn(query);
  unsaid ??= dispositionIn(query);
  return unsaid;
}

function dispositionIn(query: Readonly<Record<string, unknown>>): Disposition {
  return validate(dispositionQuery, query).download === 'true' ? 'attachment' : 'inline';
}

/** What a route answers that has changed an image. */
export const imageAnswered = (description: string) => ({
  description,
  headers: { ETag: { schema: { type: 'string' as const } } },
  content: { 'application/json': { schema: imageSchema } },
});

/** For routes that take no query parameters: any that is given is named in the error. */
export const noQuery = z.strictObject({});
