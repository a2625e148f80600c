import type { AuditEvent, AuditPosition } from '../../domain/audit-event.ts';
import type { AuditFilter, AuditTrail } from '../../ports/audit-trail.ts';

/** Events in memory, for tests: the port's promises in their plainest form. */
export function createMemoryAuditTrail(): AuditTrail {
  const events = new Map<string, AuditEvent>();
  return {
    async record(event) {
      if (!events.has(event.event_id)) events.set(event.event_id, event);
    },
    async list(filter, limit, after) {
      const matching = [...events.values()]
        .filter((event) => matches(event, filter))
        .filter((event) => !after || orderOf(event) < orderOf(after))
        .sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1));
      const items = matching.slice(0, limit);
      const last = items.at(-1);
      return {
        items,
        next: last && matching.length > limit ? { at: last.at, event_id: last.event_id } : null,
      };
    },
  };
}

const orderOf = ({ at, event_id }: AuditPosition) => `${at} ${event_id}`;

const COMPARED = ['user_id', 'image_id', 'actor', 'action', 'outcome'] as const;

function matches(event: AuditEvent, { within, ...asked }: AuditFilter): boolean {
  const at = Date.parse(event.at);
  return (
    COMPARED.every((name) => asked[name] === undefined || asked[name] === event[name]) &&
    at >= (within.from ?? Number.NEGATIVE_INFINITY) &&
    at < (within.before ?? Number.POSITIVE_INFINITY)
  );
}
