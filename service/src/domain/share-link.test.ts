import { describe, expect, test } from 'vitest';
import { newImageId } from './image-id.ts';
import { imageIdOfLink, isLive, newestFirst, newLinkId, type ShareLink } from './share-link.ts';

const IMAGE = newImageId(Date.UTC(2026, 4, 4));
const SECRET = Buffer.alloc(16, 0xfe);

describe("a link's id", () => {
  test('is 43 characters that need no escaping, and leads to its image', () => {
    const link_id = newLinkId(IMAGE, SECRET);
    expect(link_id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(imageIdOfLink(link_id)).toBe(IMAGE);
  });

  test('differs with each secret, and with each image', () => {
    const other = newLinkId(IMAGE, Buffer.alloc(16, 0xff));
    const elsewhere = newLinkId(newImageId(Date.UTC(2026, 4, 5)), SECRET);
    expect(new Set([newLinkId(IMAGE, SECRET), other, elsewhere])).toHaveProperty('size', 3);
  });

  test.each([0, 15, 17])('is made of no secret of %d bytes', (length) => {
    expect(() => newLinkId(IMAGE, Buffer.alloc(length))).toThrow('16 bytes');
  });

  const good = newLinkId(IMAGE, SECRET);
  const lastLetter = good.at(-1) ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const sameBytes = alphabet[alphabet.indexOf(lastLetter) ^ 1] ?? '';

  test.each([
    ['nothing', ''],
    ['a word', 'garbage'],
    ['one that lacks a character', good.slice(1)],
    ['one with a character more', `${good}A`],
    ['one with padding', `${good.slice(0, -1)}=`],
    ['one in plain base64', `${good.slice(0, -1)}+`],
    ['another spelling of the same bytes', good.slice(0, -1) + sameBytes],
    ['one with a line break', `${good}\n`],
    ['one whose image could not be', Buffer.alloc(32, 0xff).toString('base64url')],
  ])('is not %s', (_what, text) => {
    expect(imageIdOfLink(text)).toBeUndefined();
  });
});

const link = (differing: Partial<ShareLink>): ShareLink => ({
  link_id: newLinkId(IMAGE, SECRET),
  image_id: IMAGE,
  user_id: 'alice',
  created_by: 'alice',
  created_at: '2026-05-04T00:00:00.000Z',
  expires_at: '2026-05-05T00:00:00.000Z',
  views: 0,
  last_viewed_at: null,
  ...differing,
});

test('a link is live until the millisecond in which it expires', () => {
  const end = Date.UTC(2026, 4, 5);
  expect(isLive(link({}), end - 1)).toBe(true);
  expect(isLive(link({}), end)).toBe(false);
});

test('links are in the order of when they were made, the newest first, and those of one time in one order', () => {
  const links = [
    link({ link_id: 'b', created_at: '2026-05-04T00:00:00.000Z' }),
    link({ link_id: 'a', created_at: '2026-05-04T00:00:00.001Z' }),
    link({ link_id: 'c', created_at: '2026-05-04T00:00:00.000Z' }),
  ];
  expect(links.toSorted(newestFirst).map(({ link_id }) => link_id)).toEqual(['a', 'c', 'b']);
  expect(
    links
      .toReversed()
      .toSorted(newestFirst)
      .map(({ link_id }) => link_id),
  ).toEqual(['a', 'c', 'b']);
});
