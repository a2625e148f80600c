import type { ImageId } from './image-id.ts';

/** Who did what to which image, or was refused it. Never changed once written. */
export interface AuditEvent {
  /** UUIDv7: the order of events within a millisecond. */
  readonly event_id: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  /** The user whose token it was; null where nobody is asked who they are, and for the service's own work. */
  readonly actor: string | null;
  /** The operation's name, or the job's. */
  readonly action: string;
  readonly image_id: ImageId | null;
  /** Whose image, or whose images, it is about; null where that is nobody's. */
  readonly user_id: string | null;
  readonly outcome: AuditOutcome;
  readonly request_id: string;
  /** Where the request came from, as far as can be known. */
  readonly address: string | null;
}

export const AUDIT_OUTCOMES = ['done', 'refused'] as const;

export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** Where one page of events ended; the total order is (`at`, `event_id`). */
export type AuditPosition = Pick<AuditEvent, 'at' | 'event_id'>;

const DAY_MS = 86_400_000;

/** Events of before this time, in milliseconds since 1970, are no longer kept. */
export function auditKeptSince(now: number, days: number): number {
  return now - days * DAY_MS;
}
