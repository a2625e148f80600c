import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import type { ShareLink } from '../../src/domain/share-link.ts';
import type { AuditTrail } from '../../src/ports/audit-trail.ts';
import type { ShareLinks } from '../../src/ports/share-links.ts';
import { eventsOf } from '../support/events-of.ts';
import { sampleEvent } from '../support/sample-event.ts';
import { DAY, LINKED_AT, sampleLink } from '../support/sample-link.ts';

export interface OpenedShareLinks {
  readonly links: ShareLinks;
  /** Where the events go that come with changes. */
  readonly audit: AuditTrail;
  close(): Promise<void>;
}

type Opened = () => OpenedShareLinks;

/** The promises of share links. `open` gives a store without any. */
export function describeShareLinks(name: string, open: () => Promise<OpenedShareLinks>): void {
  describe(`share links: ${name}`, () => {
    let opened: OpenedShareLinks;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    describe('a link', () => describeLink(() => opened));
    describe('lists', () => describeLists(() => opened));
    describe('openings', () => describeOpenings(() => opened));
    describe('the end of a link', () => describeEnds(() => opened));
    describe('events', () => describeEvents(() => opened));
  });
}

/** What the port says when its store is gone. `open` gives one whose store cannot be reached. */
export function describeFailedShareLinks(name: string, open: () => Promise<ShareLinks>): void {
  test(`share links: ${name}: a failure of the store is unavailable, with its cause`, async () => {
    const links = await open();
    const { link_id, image_id, ...others } = sampleLink();
    const failure = { code: 'unavailable', cause: expect.anything() };
    for (const attempt of [
      () => links.create({ link_id, image_id, ...others }),
      () => links.list(image_id, LINKED_AT),
      () => links.find(link_id, LINKED_AT),
      () => links.open(link_id, LINKED_AT),
      () => links.revoke(image_id, link_id, LINKED_AT),
      () => links.removeOf(image_id),
    ]) {
      await expect(attempt()).rejects.toMatchObject(failure);
    }
  });
}

const eventOf = ({ image_id, user_id }: ShareLink, action: string) =>
  sampleEvent({ image_id, user_id, action });

/** So many links of one image, a millisecond after one another. */
const several = (count: number): ShareLink[] => {
  const image_id = newImageId(LINKED_AT);
  return Array.from({ length: count }, (_unused, n) =>
    sampleLink({ image_id, created_at: new Date(LINKED_AT + n).toISOString() }),
  );
};

function describeLink(opened: Opened): void {
  test.each([
    ['by somebody', {}],
    ['by nobody', { created_by: null }],
    ['that has been seen', { views: 7, last_viewed_at: new Date(LINKED_AT + 5).toISOString() }],
    ['of a user with a name like our keys', { user_id: 'LINKS#a/b%2F🦅', created_by: "'; DROP TABLE x" }],
  ])('%s comes back as it was created', async (_what, differing) => {
    const { links } = opened();
    const link = sampleLink(differing);
    await links.create(link);
    expect(await links.find(link.link_id, LINKED_AT)).toStrictEqual(link);
    expect(await links.list(link.image_id, LINKED_AT)).toStrictEqual([link]);
  });

  test('is created once: another of its id is refused, and changes nothing', async () => {
    const { links } = opened();
    const link = sampleLink();
    await links.create(link);
    await links.open(link.link_id, LINKED_AT);
    await expect(links.create({ ...link, user_id: 'mallory' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await links.find(link.link_id, LINKED_AT)).toMatchObject({ user_id: 'alice', views: 1 });
  });

  test('is created by one of those who try at once', async () => {
    const { links } = opened();
    const link = sampleLink();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => links.create(link)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await links.list(link.image_id, LINKED_AT)).toHaveLength(1);
  });

  test.each([
    ['another id of its image', ({ image_id }: ShareLink) => sampleLink({ image_id }).link_id],
    ['the same in other letters', ({ link_id }: ShareLink) => link_id.toLowerCase()],
    ['a part of it', ({ link_id }: ShareLink) => link_id.slice(0, 42)],
    ['nothing', () => ''],
    ['garbage', () => 'garbage/../#%00'],
  ])('is not found by %s', async (_what, other) => {
    const { links } = opened();
    const link = sampleLink();
    await links.create(link);
    const link_id = other(link);
    expect(await links.find(link_id, LINKED_AT)).toBeUndefined();
    expect(await links.open(link_id, LINKED_AT)).toBeUndefined();
    expect(await links.revoke(link.image_id, link_id, LINKED_AT)).toBe(false);
    expect(await links.list(link.image_id, LINKED_AT)).toStrictEqual([link]);
  });
}

function describeLists(opened: Opened): void {
  test('are of one image, the newest first', async () => {
    const { links } = opened();
    const made = several(5);
    for (const link of [3, 0, 4, 1, 2].map((n) => made[n] ?? sampleLink())) await links.create(link);
    await links.create(sampleLink());
    const [first] = made;
    expect(await links.list(first?.image_id ?? '', LINKED_AT)).toStrictEqual(made.toReversed());
  });

  test('of an image without links are empty', async () => {
    const { links } = opened();
    await links.create(sampleLink());
    expect(await links.list(newImageId(LINKED_AT), LINKED_AT)).toEqual([]);
  });

  test('hold 150 links', async () => {
    const { links } = opened();
    const made = several(150);
    await Promise.all(made.map((link) => links.create(link)));
    expect(await links.list(made[0]?.image_id ?? '', LINKED_AT)).toStrictEqual(made.toReversed());
  });
}

function describeOpenings(opened: Opened): void {
  test('are counted, with the time of the last', async () => {
    const { links } = opened();
    const link = sampleLink();
    await links.create(link);
    const at = (n: number) => new Date(LINKED_AT + n).toISOString();
    expect(await links.open(link.link_id, LINKED_AT + 1)).toStrictEqual({
      ...link,
      views: 1,
      last_viewed_at: at(1),
    });
    const second = { ...link, views: 2, last_viewed_at: at(9) };
    expect(await links.open(link.link_id, LINKED_AT + 9)).toStrictEqual(second);
    expect(await links.find(link.link_id, LINKED_AT + 10)).toStrictEqual(second);
    expect(await links.list(link.image_id, LINKED_AT + 10)).toStrictEqual([second]);
  });

  test('keep another time than that by which the link is live, where they are given one', async () => {
    const { links } = opened();
    const link = sampleLink();
    await links.create(link);
    const seen = { ...link, views: 1, last_viewed_at: new Date(LINKED_AT + 2 * DAY).toISOString() };
    expect(await links.open(link.link_id, LINKED_AT, LINKED_AT + 2 * DAY)).toStrictEqual(seen);
    expect(await links.find(link.link_id, LINKED_AT)).toStrictEqual(seen);
    expect(await links.open(link.link_id, LINKED_AT + DAY, LINKED_AT)).toBeUndefined();
  });

  test('are not counted by looking for the link', async () => {
    const { links } = opened();
    const link = sampleLink();
    await links.create(link);
    for (let n = 0; n < 3; n++) await links.find(link.link_id, LINKED_AT + n);
    expect(await links.find(link.link_id, LINKED_AT)).toStrictEqual(link);
  });

  test('are each counted where 50 come at once, and each is told another count', async () => {
    const { links } = opened();
    const link = sampleLink();
    const other = sampleLink({ image_id: link.image_id });
    await links.create(link);
    await links.create(other);
    const openings = await Promise.all(
      Array.from({ length: 50 }, (_unused, n) => links.open(link.link_id, LINKED_AT + n)),
    );
    const counts = openings.map((each) => each?.views ?? 0).sort((a, b) => a - b);
    expect(counts).toEqual(Array.from({ length: 50 }, (_unused, n) => n + 1));
    expect(await links.find(link.link_id, LINKED_AT)).toMatchObject({ views: 50 });
    expect(await links.find(other.link_id, LINKED_AT)).toStrictEqual(other);
  });

  test('end with the revocation that they race with: none makes the link anew', async () => {
    const { links } = opened();
    const link = sampleLink();
    await links.create(link);
    const open = () => links.open(link.link_id, LINKED_AT);
    const [before, revoked, after] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, open)),
      links.revoke(link.image_id, link.link_id, LINKED_AT),
      Promise.all(Array.from({ length: 10 }, open)),
    ]);
    expect(revoked).toBe(true);
    const counted = [...before, ...after].flatMap((each) => (each ? [each.views] : []));
    expect(counted.sort((a, b) => a - b)).toEqual(counted.map((_views, n) => n + 1));
    expect(await open()).toBeUndefined();
    expect(await links.find(link.link_id, LINKED_AT)).toBeUndefined();
    expect(await links.list(link.image_id, LINKED_AT)).toEqual([]);
  });
}

function describeEnds(opened: Opened): void {
  test('is the very millisecond of its expiry', async () => {
    const { links } = opened();
    const link = sampleLink();
    await links.create(link);
    const end = LINKED_AT + DAY;
    expect(await links.find(link.link_id, end - 1)).toStrictEqual(link);
    expect(await links.list(link.image_id, end - 1)).toStrictEqual([link]);
    const opened_ = await links.open(link.link_id, end - 1);
    expect(opened_).toMatchObject({ views: 1 });
    expect(await links.find(link.link_id, end)).toBeUndefined();
    expect(await links.list(link.image_id, end)).toEqual([]);
    expect(await links.open(link.link_id, end)).toBeUndefined();
    expect(await links.revoke(link.image_id, link.link_id, end)).toBe(false);
    expect(await links.find(link.link_id, end - 1)).toStrictEqual(opened_);
    expect(await links.revoke(link.image_id, link.link_id, end - 1)).toBe(true);
  });

  test('is its revocation, which happens once', async () => {
    const { links } = opened();
    const [link = sampleLink(), other = sampleLink()] = several(2);
    await links.create(link);
    await links.create(other);
    const revoke = () => links.revoke(link.image_id, link.link_id, LINKED_AT);
    const outcomes = await Promise.all(Array.from({ length: 8 }, revoke));
    expect(outcomes.filter((revoked) => revoked)).toHaveLength(1);
    expect(await revoke()).toBe(false);
    expect(await links.open(link.link_id, LINKED_AT)).toBeUndefined();
    expect(await links.list(link.image_id, LINKED_AT)).toStrictEqual([other]);
  });

  test('is no revocation in the name of another image', async () => {
    const { links } = opened();
    const link = sampleLink();
    await links.create(link);
    expect(await links.revoke(newImageId(LINKED_AT), link.link_id, LINKED_AT)).toBe(false);
    expect(await links.find(link.link_id, LINKED_AT)).toStrictEqual(link);
  });

  test('is the removal of those of its image, of which others keep theirs', async () => {
    const { links } = opened();
    const made = several(25);
    const kept = sampleLink();
    for (const link of [...made, kept]) await links.create(link);
    const image_id = made[0]?.image_id ?? '';
    await links.removeOf(image_id);
    expect(await links.list(image_id, LINKED_AT)).toEqual([]);
    expect(await links.open(made[3]?.link_id ?? '', LINKED_AT)).toBeUndefined();
    expect(await links.find(kept.link_id, LINKED_AT)).toStrictEqual(kept);
    await links.removeOf(image_id);
  });
}

function describeEvents(opened: Opened): void {
  test('are written with what is created and revoked, and with nothing else', async () => {
    const { links, audit } = opened();
    const link = sampleLink();
    const created = eventOf(link, 'create-link');
    await links.create(link, created);
    expect(await eventsOf(audit)).toStrictEqual([created]);
    await links.open(link.link_id, LINKED_AT);
    await links.list(link.image_id, LINKED_AT);
    const revoked = { ...eventOf(link, 'revoke-link'), at: '2026-05-05T00:00:00.000Z' };
    await links.revoke(link.image_id, link.link_id, LINKED_AT, revoked);
    expect(await eventsOf(audit)).toStrictEqual([revoked, created]);
    expect(await eventsOf(audit, { user_id: 'alice', within: {} })).toStrictEqual([revoked, created]);
  });

  test('are not written where nothing comes of it', async () => {
    const { links, audit } = opened();
    const link = sampleLink();
    await links.create(link);
    const again = links.create(link, eventOf(link, 'create-link'));
    await expect(again).rejects.toMatchObject({ code: 'conflict' });
    const revoke = ({ link_id }: ShareLink, now: number) =>
      links.revoke(link.image_id, link_id, now, eventOf(link, 'revoke-link'));
    expect(await revoke(sampleLink({ image_id: link.image_id }), LINKED_AT)).toBe(false);
    expect(await revoke(link, LINKED_AT + DAY)).toBe(false);
    expect(await eventsOf(audit)).toEqual([]);
  });
}
