import * as z from 'zod';
import { isImageId } from './image-id.ts';

export const AUDIT_OUTCOMES = ['done', 'refused'] as const;

export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

export const auditEvent = z.object({
  /** UUIDv7: the order of events within a millisecond. */
  event_id: z.string(),
  /** ISO 8601, UTC, milliseconds. */
  at: z.string(),
  /** The user whose token it was; null where nobody is asked who they are, and for the service's own work. */
  actor: z.string().nullable(),
  /** The operation's name, or the job's. */
  action: z.string(),
  image_id: z.string().refine(isImageId).nullable(),
  /** Whose image, or whose images, it is about; null where that is nobody's. */
  user_id: z.string().nullable(),
  outcome: z.enum(AUDIT_OUTCOMES),
  request_id: z.string(),
  /** Where the request came from, as far as can be known. */
  address: z.string().nullable(),
});

/** Who did what to which image, or was refused it. Never changed once written. */
export type AuditEvent = Readonly<z.output<typeof auditEvent>>;

/** Where one page of events ended; the total order is (`at`, `event_id`). */
export type AuditPosition = Pick<AuditEvent, 'at' | 'event_id'>;

const DAY_MS = 86_400_000;

/** Events of before this time, in milliseconds since 1970, are no longer kept. */
export function auditKeptSince(now: number, days: number): number {
  return now - days * DAY_MS;
}
