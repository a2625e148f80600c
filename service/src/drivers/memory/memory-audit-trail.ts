import type { AuditEvent } from '../../domain/audit-event.ts';
import type { AuditTrail } from '../../ports/audit-trail.ts';

/** Events in memory, for tests. */
export function createMemoryAuditTrail(): AuditTrail & { readonly events: AuditEvent[] } {
  const events: AuditEvent[] = [];
  return {
    events,
    async record(event) {
      events.push(event);
    },
    async list() {
      return { items: events, next: null };
    },
  };
}
