import type { AuditEvent, AuditPosition } from '../../src/domain/audit-event.ts';
import type { AuditFilter, AuditTrail } from '../../src/ports/audit-trail.ts';

/** More pages than any list of a test can have. */
const TOO_MANY_PAGES = 10_000;

/** All events that meet a filter, page by page. */
export async function eventsOf(
  audit: AuditTrail,
  filter: AuditFilter = { within: {} },
  limit = 50,
): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  let after: AuditPosition | null = null;
  for (let pages = 0; pages < TOO_MANY_PAGES; pages++) {
    const page = await audit.list(filter, limit, after);
    if (page.items.length > limit) throw new Error(`A page of ${limit} has ${page.items.length} events.`);
    events.push(...page.items);
    if (page.next === null) return events;
    after = page.next;
  }
  throw new Error('The list does not end.');
}
