import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/domain/audit-event.ts';
import type { ImageRecord } from '../../src/domain/image.ts';
import type { AuditTrail } from '../../src/ports/audit-trail.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import { eventsOf } from '../support/events-of.ts';
import { sampleEvent } from '../support/sample-event.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { describeAuditListing } from './audit-listing.contract.ts';
import { type ContractScale, FULL_SCALE } from './scale.ts';

export interface OpenedAuditTrail {
  readonly audit: AuditTrail;
  /** Whose changes have their events there. */
  readonly index: ImageIndex;
  close(): Promise<void>;
}

/** The audit trail's promises. `open` gives an empty one. */
export function describeAuditTrail(
  name: string,
  open: () => Promise<OpenedAuditTrail>,
  scale: ContractScale = FULL_SCALE,
): void {
  describe(`audit trail: ${name}`, () => {
    let opened: OpenedAuditTrail;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    describe('a change that is made', () => describeMade(() => opened));
    describe('a change that is refused', () => describeRefused(() => opened));
    describe('an event', () => describeEvent(() => opened));
    describe('lists', () => describeAuditListing(() => opened.audit, scale));
  });
}

/** What the port says when its store is gone. `open` gives one whose store cannot be reached. */
export function describeFailedAuditTrail(name: string, open: () => Promise<AuditTrail>): void {
  test(`audit trail: ${name}: a failure of the store is unavailable, with its cause`, async () => {
    const audit = await open();
    const failure = { code: 'unavailable', cause: expect.anything() };
    await expect(audit.record(sampleEvent())).rejects.toMatchObject(failure);
    await expect(audit.list({ within: {} }, 10, null)).rejects.toMatchObject(failure);
    await expect(audit.list({ user_id: 'alice', within: {} }, 10, null)).rejects.toMatchObject(failure);
  });
}

const changed = (record: ImageRecord): ImageRecord => ({ ...record, title: 'changed', revision: 2 });

const eventOf = ({ image_id, user_id }: ImageRecord, differing: Partial<AuditEvent> = {}) =>
  sampleEvent({ image_id, user_id, ...differing });

type Change = (index: ImageIndex, record: ImageRecord, event: AuditEvent | undefined) => Promise<void>;

/** Each kind of change, and whether the record is there before it. */
const CHANGES: readonly (readonly [name: string, isThere: boolean, change: Change])[] = [
  ['insert', false, (index, record, event) => index.insert(record, [], event)],
  ['replace', true, (index, record, event) => index.replace(record, changed(record), [], event)],
  ['remove', true, (index, record, event) => index.remove(record, undefined, event)],
];

function describeMade(opened: () => OpenedAuditTrail): void {
  test.each(CHANGES)('has its event, whole: %s', async (_name, isThere, change) => {
    const { index, audit } = opened();
    const record = sampleRecord();
    if (isThere) await index.insert(record);
    const event = eventOf(record);
    await change(index, record, event);
    expect(await eventsOf(audit)).toStrictEqual([event]);
    expect(await eventsOf(audit, { user_id: 'alice', within: {} })).toStrictEqual([event]);
  });

  test.each(CHANGES)('without an event has none: %s', async (_name, isThere, change) => {
    const { index, audit } = opened();
    const record = sampleRecord();
    if (isThere) await index.insert(record);
    await change(index, record, undefined);
    expect(await eventsOf(audit)).toEqual([]);
  });

  test('has its event beside those of many others at the same time', async () => {
    const { index, audit } = opened();
    const records = Array.from({ length: 20 }, () => sampleRecord());
    const events = records.map((record) => eventOf(record));
    await Promise.all(records.map((record, n) => index.insert(record, [], events[n])));
    expect(sorted(await eventsOf(audit))).toEqual(sorted(events));
  });

  test('has an event for each step of a life', async () => {
    const { index, audit } = opened();
    const record = sampleRecord();
    const [first, second, third] = [1, 2, 3].map((n) =>
      eventOf(record, { at: `2026-05-04T03:02:0${n}.000Z`, action: `step-${'abc'[n]}` }),
    );
    await index.insert(record, [], first);
    await index.replace(record, changed(record), [], second);
    await index.remove(changed(record), [], third);
    expect(await eventsOf(audit)).toStrictEqual([third, second, first]);
  });
}

/** Why a change is refused, what is there before it, and with what code. */
const REFUSALS: readonly (readonly [
  why: string,
  stored: Partial<ImageRecord> | undefined,
  change: Change,
  code: string,
])[] = [
  [
    'an insert of an id that is taken',
    {},
    (index, record, event) => index.insert(record, [], event),
    'conflict',
  ],
  ...CHANGES.filter(([, isThere]) => isThere).flatMap(
    ([name, , change]) =>
      [
        [`a ${name} of what is not there`, undefined, change, 'not_found'],
        [`a ${name} of what a caller has changed since`, { revision: 2 }, change, 'conflict'],
        [
          `a ${name} of what background work has changed since`,
          { background_revision: 1 },
          change,
          'conflict',
        ],
      ] as const,
  ),
];

function describeRefused(opened: () => OpenedAuditTrail): void {
  test.each(REFUSALS)('has no event: %s', async (_why, stored, change, code) => {
    const { index, audit } = opened();
    const record = sampleRecord();
    if (stored) await index.insert({ ...record, ...stored });
    await expect(change(index, record, eventOf(record))).rejects.toMatchObject({ code });
    expect(await eventsOf(audit)).toEqual([]);
    expect(await eventsOf(audit, { user_id: 'alice', within: {} })).toEqual([]);
  });

  test('has none beside one that is made of the same record at the same time', async () => {
    const { index, audit } = opened();
    const record = sampleRecord();
    await index.insert(record);
    const attempts = Array.from({ length: 8 }, (_, n) => ({
      next: { ...record, version: n + 2 },
      event: eventOf(record, { request_id: `attempt-${n}` }),
    }));
    const outcomes = await Promise.allSettled(
      attempts.map(({ next, event }) => index.replace(record, next, [], event)),
    );
    const made = attempts.filter((_, n) => outcomes[n]?.status === 'fulfilled');
    expect(made).toHaveLength(1);
    expect(await eventsOf(audit)).toStrictEqual(made.map(({ event }) => event));
  });
}

/** Texts that have broken rows, keys, logs and queries before. */
const HOSTILE = [
  'two\r\nlines',
  'line \u2028 and paragraph \u2029',
  'NUL \u0000 within',
  `'; DROP TABLE audit; -- "quoted" \`too\``,
  '{"$ne": null}',
  'ALL#0',
  'a#b/c%2Fd%23',
  '../..',
  '%',
  '🦅 und ü and ü',
  'ʎɐʍ ʇɥƃᴉɹ \u202e',
  ' ',
  `${'#/'.repeat(62)}🦅`,
];

function describeEvent(opened: () => OpenedAuditTrail): void {
  test('that goes with no change is recorded as it is, with nothing of what is null', async () => {
    const { audit } = opened();
    const nothing = { actor: null, image_id: null, user_id: null, address: null };
    const events = [
      sampleEvent({ at: '2026-05-04T03:02:03.000Z', outcome: 'refused' }),
      sampleEvent({ at: '2026-05-04T03:02:02.000Z', ...nothing }),
    ];
    for (const event of events) await audit.record(event);
    expect(await eventsOf(audit)).toStrictEqual(events);
  });

  test('is recorded once, however often', async () => {
    const { audit, index } = opened();
    const record = sampleRecord();
    const event = eventOf(record);
    await Promise.all([audit.record(event), audit.record(event), audit.record({ ...event })]);
    await audit.record(event);
    await index.insert(record, [], event);
    expect(await eventsOf(audit)).toStrictEqual([event]);
  });

  test.each(HOSTILE)('comes back as it was, and is found by it: %j', async (text) => {
    const { audit } = opened();
    const event = sampleEvent({ actor: text, user_id: text, request_id: text, address: text });
    const other = sampleEvent({
      user_id: [...text, '.'].slice(1).join(''),
      actor: 'bob',
      at: '2026-05-04T03:02:00.000Z',
    });
    await audit.record(event);
    await audit.record(other);
    expect(await eventsOf(audit)).toStrictEqual([event, other]);
    expect(await eventsOf(audit, { user_id: text, within: {} })).toStrictEqual([event]);
    expect(await eventsOf(audit, { actor: text, within: {} })).toStrictEqual([event]);
    expect(await eventsOf(audit, { user_id: text, actor: text, within: {} }, 1)).toStrictEqual([event]);
  });

  test('comes back as it was, whatever is in it', async () => {
    const { audit } = opened();
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 16 });
    const texts = fc.sample(fc.tuple(text, text, text), { seed: 7, numRuns: 30 });
    const events = texts.map(([user_id, actor, address], n) =>
      sampleEvent({ user_id, actor, address, at: new Date(Date.UTC(2026, 0, 1) - n).toISOString() }),
    );
    await Promise.all(events.map((event) => audit.record(event)));
    expect(await eventsOf(audit)).toStrictEqual(events);
    for (const event of events) {
      const { user_id } = event;
      if (user_id === null) continue;
      const theirs = events.filter((other) => other.user_id === user_id);
      expect(await eventsOf(audit, { user_id, within: {} })).toStrictEqual(theirs);
    }
  });
}

const sorted = (events: readonly AuditEvent[]) => events.map((event) => JSON.stringify(event)).sort();
