import * as z from 'zod';
import { listedUserOf } from '../domain/access.ts';
import { AUDIT_OUTCOMES, type AuditEvent, auditKeptSince } from '../domain/audit-event.ts';
import { type Caller, callerKey } from '../domain/caller.ts';
import type { DateRange } from '../domain/date-range.ts';
import { invalidField } from '../domain/errors.ts';
import { isImageId } from '../domain/image-id.ts';
import { decodeAuditToken, encodeAuditToken } from '../domain/page-token.ts';
import { userIdText } from '../domain/text.ts';
import type { AuditFilter } from '../ports/audit-trail.ts';
import type { Deps } from './deps.ts';
import { listImagesQuery } from './list-images.ts';

const { date_range, limit, last_evaluated_key } = listImagesQuery.shape;

/** The filters and paging of the audit, as a query string carries them. */
export const listAuditEventsQuery = z.strictObject({
  user_id: userIdText.optional().meta({ description: "Events about this user's images.", example: 'alice' }),
  image_id: z
    .string()
    .refine(isImageId, 'must be the id of an image')
    .optional()
    .meta({ description: 'Events about this image, also when it is gone.' }),
  actor: userIdText.optional().meta({ description: 'What this user did.', example: 'alice' }),
  action: z
    .string()
    .regex(/^[a-z][a-z-]{0,63}$/, "must be an operation's name, such as delete-image")
    .optional()
    .meta({ description: "An operation's name.", example: 'delete-image' }),
  outcome: z.enum(AUDIT_OUTCOMES).optional(),
  date_range: date_range.meta({
    description:
      'Happened within START/END, both included (ISO 8601; either side may be `..`; a date as END means that whole day).',
    example: '2026-01-01/2026-01-31',
  }),
  limit,
  last_evaluated_key,
});

export type ListAuditEventsInput = z.output<typeof listAuditEventsQuery>;

export interface ListAuditEventsOutput {
  readonly items: readonly AuditEvent[];
  /** Null on the last page; a page may be short or empty and not be the last. */
  readonly last_evaluated_key: string | null;
}

/** Whose events a caller may see: of their own images; admins everybody's. Here it is decided, and nowhere else. */
function visibleTo(caller: Caller, input: ListAuditEventsInput): Pick<AuditFilter, 'user_id'> {
  const user_id = listedUserOf(caller, input.user_id);
  return user_id === undefined ? {} : { user_id };
}

/** One page of what happened, newest first. */
export async function listAuditEvents(
  { audit, auditDays, clock, pageTokens }: Pick<Deps, 'audit' | 'auditDays' | 'clock' | 'pageTokens'>,
  caller: Caller,
  input: ListAuditEventsInput,
): Promise<ListAuditEventsOutput> {
  const { image_id, actor, action, outcome, date_range: within = {}, last_evaluated_key: token } = input;
  const asked: AuditFilter = {
    ...visibleTo(caller, input),
    ...(image_id === undefined ? {} : { image_id }),
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(outcome === undefined ? {} : { outcome }),
    within,
  };
  const after = token === undefined ? null : decodeAuditToken(pageTokens, token, asked, callerKey(caller));
  if (after === undefined) {
    throw invalidField('last_evaluated_key', 'must be what the page before said, with the same filters');
  }
  // What is kept no longer is removed some time after, and not shown meanwhile.
  // By the machine's clock where that is behind the one of record, which a clock that was ahead has moved on.
  const now = Math.min(clock.machine?.() ?? clock.now(), clock.now());
  const kept = keptWithin(within, auditKeptSince(now, auditDays));
  if (!kept) return { items: [], last_evaluated_key: null };
  const { items, next } = await audit.list({ ...asked, within: kept }, input.limit, after);
  return {
    items,
    last_evaluated_key: next && encodeAuditToken(pageTokens, next, asked, callerKey(caller)),
  };
}

/** Of a span of time what lies after `since`; undefined where that is nothing. */
function keptWithin({ from, before }: DateRange, since: number): DateRange | undefined {
  if (before === undefined) return { from: Math.max(from ?? since, since) };
  return before <= since ? undefined : { from: Math.max(from ?? since, since), before };
}
