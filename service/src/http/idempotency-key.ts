import type { Context } from 'hono';
import * as z from 'zod';
import { invalidField } from '../domain/errors.ts';
import { idempotencyKey } from '../operations/steps/once.ts';
import type { Env } from './context.ts';

const HEADER = 'Idempotency-Key';
const MEMBER = 'idempotency_key';

/** For the OpenAPI document: the header of a request that may be repeated, and that of its repeated answer. */
export const idempotencyHeaders = {
  request: z.object({
    [HEADER]: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .meta({
        description:
          'Makes the request safe to repeat: within 24 hours every request with this key has the first answer, and ' +
          'makes nothing new. Printable ASCII, bare or quoted. While the first is being worked on the answer is 409 ' +
          'with `Retry-After`; another request under the same key is 422 `idempotency_key_reused`.',
        example: '5c1f3f0e-8c8a-4b5e-9a57-3f1d3f1e7c11',
      }),
  }),
  answer: {
    'Idempotency-Replayed': {
      schema: { type: 'string', enum: ['true'] },
      description: 'There where this is the first answer to an earlier request with the same key.',
    },
  },
} as const;

/** The same for a JSON body. */
export const idempotencyMember = {
  [MEMBER]: {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description: `The same as the header ${HEADER}.`,
  },
} as const;

/** The key under which a request may be repeated, where its header has one. */
export function keyInHeader(c: Context<Env>): string | undefined {
  const sent = c.req.header(HEADER);
  return sent === undefined ? undefined : idempotencyKey(sent, HEADER);
}

/**
 * The key of a request with a JSON body, which may have it too.
 * @param sent the member `idempotency_key` of the body.
 */
export function agreedKey(c: Context<Env>, sent: unknown): string | undefined {
  const inHeader = keyInHeader(c);
  if (sent === undefined || sent === null) return inHeader;
  const inBody = idempotencyKey(sent, MEMBER);
  if (inHeader !== undefined && inHeader !== inBody) {
    throw invalidField(MEMBER, `must be the same as the ${HEADER} header, or left out`);
  }
  return inBody;
}

/** The key of a request with a JSON body, and the body without it. */
export function splitKey(c: Context<Env>, body: unknown): { key: string | undefined; fields: unknown } {
  if (typeof body !== 'object' || body === null || !(MEMBER in body)) {
    return { key: keyInHeader(c), fields: body };
  }
  const { [MEMBER]: sent, ...fields } = body;
  return { key: agreedKey(c, sent), fields };
}

/** What an answer says that is the kept one to an earlier request. */
export function replayedHeader({
  replayed = false,
}: {
  readonly replayed?: boolean;
}): Record<string, string> {
  return replayed ? { 'idempotency-replayed': 'true' } : {};
}
