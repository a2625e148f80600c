import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { AUDIT_OUTCOMES, type AuditEvent, type AuditPosition } from '../../src/domain/audit-event.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import type { AuditFilter, AuditTrail } from '../../src/ports/audit-trail.ts';
import { eventsOf } from '../support/events-of.ts';
import { sampleEvent } from '../support/sample-event.ts';
import type { ContractScale } from './scale.ts';

const START = Date.UTC(2026, 0, 1);
/** So few milliseconds that many events share one. */
const SPAN = 40;

const USERS = ['alice', 'bob', 'carol#1'];
const IMAGES = Array.from({ length: 5 }, () => newImageId(START));
const ACTIONS = ['upload-image', 'update-image', 'delete-image'];

const time = fc.integer({ min: START, max: START + SPAN - 1 });
const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);

const anyEvent: fc.Arbitrary<AuditEvent> = fc
  .record({
    at: time,
    actor: oneOf(null, ...USERS),
    action: oneOf(...ACTIONS),
    image_id: oneOf(null, ...IMAGES),
    user_id: oneOf(null, ...USERS),
    outcome: oneOf(...AUDIT_OUTCOMES),
  })
  .map(({ at, ...rest }) => sampleEvent({ ...rest, at: new Date(at).toISOString() }));

const anyFilter: fc.Arbitrary<AuditFilter> = fc
  .record({
    asked: fc.record(
      {
        user_id: oneOf(...USERS, 'nobody'),
        image_id: oneOf(...IMAGES, newImageId(START)),
        actor: oneOf(...USERS),
        action: oneOf(...ACTIONS, 'upload'),
        outcome: oneOf(...AUDIT_OUTCOMES),
      },
      { requiredKeys: [] },
    ),
    within: fc.record({ from: time, before: time }, { requiredKeys: [] }),
  })
  .map(({ asked, within }) => ({ ...asked, within }));

const orderOf = ({ at, event_id }: AuditPosition) => `${at} ${event_id}`;
const newestFirst = (a: AuditPosition, b: AuditPosition) => (orderOf(a) < orderOf(b) ? 1 : -1);

/** What a list must hold: the contract in its plainest words. */
function expected(events: readonly AuditEvent[], { within, ...asked }: AuditFilter): AuditEvent[] {
  const { from = 0, before = Number.POSITIVE_INFINITY } = within;
  return events
    .filter((event) =>
      Object.entries(asked).every(([name, value]) => event[name as keyof AuditEvent] === value),
    )
    .filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < before)
    .toSorted(newestFirst);
}

/** The part of the port's contract that is about lists. */
export function describeAuditListing(audit: () => AuditTrail, { records, rounds }: ContractScale): void {
  let events: readonly AuditEvent[];
  beforeEach(async () => {
    events = fc.sample(anyEvent, { seed: 3, numRuns: Math.ceil(400 * records) });
    await Promise.all(events.map((event) => audit().record(event)));
  });

  test('hold what meets the filter, newest first, whatever the filter and the length of pages', async () => {
    const filters: AuditFilter[] = fc.sample(anyFilter, { seed: 11, numRuns: Math.ceil(300 * rounds) });
    const single: AuditFilter[] = [
      { within: {} },
      { user_id: 'alice', within: {} },
      { user_id: 'carol#1', within: {} },
      { image_id: IMAGES[0] ?? '', within: {} },
      { actor: 'bob', within: {} },
      { action: 'update-image', within: {} },
      { outcome: 'refused', within: {} },
      { within: { from: START + 5 } },
      { within: { before: START + 5 } },
      { within: { from: START + 5, before: START + 6 } },
      { within: { from: START + 6, before: START + 5 } },
    ];
    let found = 0;
    for (const [n, filter] of [...single, ...filters].entries()) {
      const limit = [7, 50, 200, 1][n % 4] ?? 50;
      const model = expected(events, filter);
      expect(await eventsOf(audit(), filter, limit), JSON.stringify({ filter, limit })).toEqual(model);
      found += model.length;
    }
    expect(found).toBeGreaterThan(events.length);
  });

  test('go on after any position, also one that no event has', async () => {
    const after = { at: new Date(START + SPAN / 2).toISOString(), event_id: newImageId(START) };
    for (const filter of [
      { within: {} },
      { user_id: 'alice', within: {} },
      { within: { before: START + 5 } },
    ]) {
      const { items } = await audit().list(filter, 200, after);
      const rest = expected(events, filter).filter((event) => orderOf(event) < orderOf(after));
      expect(items).toEqual(rest.slice(0, 200));
    }
    const beyond = { at: new Date(START - 1).toISOString(), event_id: newImageId(START) };
    expect(await audit().list({ within: {} }, 10, beyond)).toEqual({ items: [], next: null });
  });

  test('say of the last page that it is the last', async () => {
    const all = expected(events, { within: {} });
    const page = await audit().list({ within: { from: START } }, 10, all.at(-11) ?? null);
    expect(page).toEqual({ items: all.slice(-10), next: null });
    const before = await audit().list({ within: {} }, 10, all.at(-12) ?? null);
    expect(before.next).toEqual({ at: all.at(-2)?.at, event_id: all.at(-2)?.event_id });
  });

  test.each<[string, AuditFilter]>([
    ['everyone', { within: {} }],
    ['one user', { user_id: 'alice', within: {} }],
    ['one user and outcome', { user_id: 'alice', outcome: 'done', within: {} }],
    ['one image', { image_id: IMAGES[1] ?? '', within: {} }],
  ])(
    'of %s give each event that is there from the start exactly once while others are added',
    async (_of, filter) => {
      const lasting = expected(events, filter);
      const seen: AuditEvent[] = [];
      let after: AuditPosition | null = null;
      let added = 0;
      do {
        const page = await audit().list(filter, 7, after);
        seen.push(...page.items);
        after = page.next;
        // Newer than all, older than all, and at a time that many have.
        const times = [START + SPAN + added, START - 1 - added, START + (added % SPAN)];
        await Promise.all(
          times.map((at) =>
            audit().record(sampleEvent({ at: new Date(at).toISOString(), image_id: IMAGES[1] ?? '' })),
          ),
        );
        added++;
        // What is added at the end has an end.
      } while (after && added < 200 && seen.length < lasting.length + 50);
      const ids = new Set(lasting.map(({ event_id }) => event_id));
      expect(seen.filter(({ event_id }) => ids.has(event_id))).toEqual(lasting);
      expect(new Set(seen.map(({ event_id }) => event_id)).size).toBe(seen.length);
      expect(seen).toEqual(seen.toSorted(newestFirst));
      expect(added).toBeGreaterThan(2);
    },
  );
}
