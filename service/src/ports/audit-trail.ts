import type { AuditEvent, AuditOutcome, AuditPosition } from '../domain/audit-event.ts';
import type { DateRange } from '../domain/date-range.ts';
import type { ImageId } from '../domain/image-id.ts';

/** Which events are asked for; all conditions must hold. */
export interface AuditFilter {
  /** Of this user's images; left out: of everybody's. */
  readonly user_id?: string;
  readonly image_id?: ImageId;
  readonly actor?: string;
  readonly action?: string;
  readonly outcome?: AuditOutcome;
  readonly within: DateRange;
}

export interface AuditPage {
  readonly items: readonly AuditEvent[];
  /** Where the next page begins; null on the last. A page may be short, or empty, and not be the last. */
  readonly next: AuditPosition | null;
}

/**
 * What happened, newest first. Events are only ever added; they go when they are older than the installation
 * keeps them. Those of a change to an image are written with the change, by `ImageIndex`.
 *
 * Failures of the store itself are DomainErrors `unavailable` or `insufficient_storage` with the cause.
 */
export interface AuditTrail {
  /** Writes an event that goes with no change of a record: a refusal, or what a job will do. Twice is once. */
  record(event: AuditEvent): Promise<void>;
  /** Up to `limit` events that meet the filter, the newest first, older than `after`. */
  list(filter: AuditFilter, limit: number, after: AuditPosition | null): Promise<AuditPage>;
}
