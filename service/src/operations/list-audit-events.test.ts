import { describe, expect, test } from 'vitest';
import { memoryDeps, NOW } from '../../test/support/memory-deps.ts';
import { sampleEvent } from '../../test/support/sample-event.ts';
import { ANONYMOUS } from '../domain/caller.ts';
import { unavailable } from '../domain/errors.ts';
import { createSigner } from '../domain/signing.ts';
import type { AuditFilter } from '../ports/audit-trail.ts';
import type { Deps } from './deps.ts';
import { listAuditEvents, listAuditEventsQuery } from './list-audit-events.ts';

const DAY = 86_400_000;

/** Twelve events a day apart, alice's and bob's in turn, the newest first. */
const EVENTS = Array.from({ length: 12 }, (_, n) =>
  sampleEvent({ user_id: n % 2 === 0 ? 'alice' : 'bob', at: new Date(NOW - n * DAY).toISOString() }),
);

async function withEvents(): Promise<Deps> {
  const { deps } = memoryDeps();
  for (const event of EVENTS) await deps.audit.record(event);
  return deps;
}

const list = (deps: Deps, query: Record<string, unknown> = {}, caller = ANONYMOUS) =>
  listAuditEvents(deps, caller, listAuditEventsQuery.parse(query));

const events = (...places: readonly number[]) => places.map((place) => EVENTS[place]);

test('a page goes on where the one before ended', async () => {
  const deps = await withEvents();
  const first = await list(deps, { user_id: 'alice', limit: '4' });
  expect(first.items).toEqual(events(0, 2, 4, 6));
  const rest = await list(deps, { user_id: 'alice', last_evaluated_key: first.last_evaluated_key });
  expect(rest).toEqual({ items: events(8, 10), last_evaluated_key: null });
});

test('a page may be empty and not be the last', async () => {
  const deps = await withEvents();
  const next = { at: EVENTS[5]?.at ?? '', event_id: EVENTS[5]?.event_id ?? '' };
  const short: Deps = { ...deps, audit: { ...deps.audit, list: async () => ({ items: [], next }) } };
  const page = await list(short);
  expect(page.items).toEqual([]);
  const rest = await list(deps, { last_evaluated_key: page.last_evaluated_key });
  expect(rest.items).toEqual(EVENTS.slice(6));
});

describe('last_evaluated_key', () => {
  test('is of no use to another caller, or with another secret', async () => {
    const deps = await withEvents();
    const { last_evaluated_key } = await list(deps, { limit: '1' });
    const refused = { code: 'invalid_request' };
    const mallory = { ...ANONYMOUS, user_id: 'mallory' };
    await expect(list(deps, { last_evaluated_key }, mallory)).rejects.toMatchObject(refused);
    const other = {
      ...deps,
      pageTokens: createSigner(['another secret of thirty-two letters'], 'page-tokens'),
    };
    await expect(list(other, { last_evaluated_key })).rejects.toMatchObject(refused);
    expect((await list(deps, { last_evaluated_key })).items).toEqual(EVENTS.slice(1));
  });

  test('stays good while time goes on, though fewer events are kept', async () => {
    const deps = { ...(await withEvents()), auditDays: 5 };
    const { last_evaluated_key } = await list(deps, { limit: '1' });
    const later = { ...deps, clock: { now: () => NOW + 2 * DAY } };
    expect((await list(later, { last_evaluated_key })).items).toEqual(events(1, 2, 3));
  });
});

test('the store is asked for nothing that is no longer kept, and not at all where that is all', async () => {
  const { deps } = memoryDeps();
  const asked: AuditFilter['within'][] = [];
  const audit: Deps['audit'] = {
    ...deps.audit,
    async list({ within }) {
      asked.push(within);
      return { items: [], next: null };
    },
  };
  const at = { ...deps, audit, auditDays: 3, clock: { now: () => NOW } };
  const since = NOW - 3 * DAY;
  await list(at);
  await list(at, { date_range: '2020-01-01/..' });
  await list(at, { date_range: '2020-01-01/2026-05-03' });
  await list(at, { date_range: '2026-05-03/2026-05-03' });
  await list(at, { date_range: '2020-01-01/2020-12-31' });
  expect(asked).toEqual([
    { from: since },
    { from: since },
    { from: since, before: Date.UTC(2026, 4, 4) },
    { from: Date.UTC(2026, 4, 3), before: Date.UTC(2026, 4, 4) },
  ]);
});

test('a failure of the store is passed on as it is', async () => {
  const { deps } = memoryDeps();
  const failure = unavailable('The audit cannot do this now.', new Error('down'));
  const audit = { ...deps.audit, list: () => Promise.reject(failure) };
  await expect(list({ ...deps, audit })).rejects.toBe(failure);
});
