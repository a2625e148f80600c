import { describe, expect, test } from 'vitest';
import type { ListFilter, ListPosition } from './listing.ts';
import {
  type AuditListing,
  decodeAuditToken,
  decodePageToken,
  decodeSearchToken,
  encodeAuditToken,
  encodePageToken,
  encodeSearchToken,
} from './page-token.ts';
import { type Search, searchTermsOf } from './search.ts';
import { createSigner } from './signing.ts';

const [OLD, NEW] = ['an old secret of thirty-two letters', 'a new secret of thirty-two letters'];
const signer = createSigner([OLD], 'page-tokens');

const POSITION: ListPosition = {
  upload_time: '2026-05-04T03:02:01.123Z',
  image_id: '019df0c6-5d83-7abc-8def-0123456789ab',
};

const FILTER: ListFilter = {
  user_id: 'alice',
  tags: ['bird', 'dusk'],
  uploaded: { from: 1, before: 2 },
  order: 'newest',
};

const token = encodePageToken(signer, POSITION, FILTER, 'anonymous');
const decoded = (text: string, filter = FILTER, caller = 'anonymous', by = signer) =>
  decodePageToken(by, text, filter, caller);

test('a token leads back to its position, in characters that a URL can carry', () => {
  expect(decoded(token)).toEqual(POSITION);
  expect(token).toMatch(/^[A-Za-z0-9_.-]+$/);
  expect(token.length).toBeLessThan(512);
});

test('the same listing in other words is the same listing', () => {
  expect(decoded(token, { ...FILTER, tags: [...FILTER.tags] })).toEqual(POSITION);
});

const { user_id: _user, ...everybody } = FILTER;

test.each<[string, ListFilter]>([
  ['another user', { ...FILTER, user_id: 'bob' }],
  ['a user called alike', { ...FILTER, user_id: 'Alice' }],
  ['no user', everybody],
  ['no tags', { ...FILTER, tags: [] }],
  ['fewer tags', { ...FILTER, tags: ['bird'] }],
  ['more tags', { ...FILTER, tags: ['bird', 'dusk', 'lake'] }],
  ['tags that look the same when joined', { ...FILTER, tags: ['bird,dusk'] }],
  ['tags that look the same when quoted', { ...FILTER, tags: ['bird","dusk'] }],
  ['another order', { ...FILTER, order: 'oldest' }],
  ['no time', { ...FILTER, uploaded: {} }],
  ['another start', { ...FILTER, uploaded: { from: 0, before: 2 } }],
  ['no start', { ...FILTER, uploaded: { before: 2 } }],
  ['another end', { ...FILTER, uploaded: { from: 1, before: 3 } }],
  ['start and end for one another', { ...FILTER, uploaded: { from: 2, before: 1 } }],
])('a token is of no use for a listing with %s', (_what, filter) => {
  expect(decoded(token, filter)).toBeUndefined();
});

test('a token is of no use to another caller', () => {
  expect(decoded(token, FILTER, 'somebody')).toBeUndefined();
  expect(decoded(token, FILTER, '')).toBeUndefined();
});

describe('a token that was tampered with', () => {
  test('is refused whichever character is another', () => {
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(decoded(token.slice(0, at) + other + token.slice(at + 1)), `at ${at}`).toBeUndefined();
    }
  });

  test('is refused whatever is left out or added', () => {
    for (let at = 0; at < token.length; at++) {
      expect(decoded(token.slice(0, at)), `cut at ${at}`).toBeUndefined();
      expect(decoded(token.slice(0, at) + token.slice(at + 1)), `without ${at}`).toBeUndefined();
    }
    for (const more of ['A', '=', '.', ' ', '\n', '.A', '%00']) {
      expect(decoded(token + more)).toBeUndefined();
      expect(decoded(more + token)).toBeUndefined();
    }
  });

  test.each([
    '',
    '.',
    '..',
    'a',
    'a.b.c',
    'null',
    token.replace('.', ''),
    token.split('.').reverse().join('.'),
  ])('or is none at all, such as %j, is refused', (text) => {
    expect(decoded(text)).toBeUndefined();
  });

  test('is refused with another position under a signature of ours', () => {
    const other = encodePageToken(
      signer,
      { ...POSITION, upload_time: '2027-01-01T00:00:00.000Z' },
      FILTER,
      'anonymous',
    );
    const [body] = other.split('.');
    expect(decoded([body, ...token.split('.').slice(1)].join('.'))).toBeUndefined();
  });
});

describe('secrets', () => {
  test('may rotate: tokens of the old one are good as long as it is kept', () => {
    const both = createSigner([NEW, OLD], 'page-tokens');
    expect(decoded(token, FILTER, 'anonymous', both)).toEqual(POSITION);
    const fresh = encodePageToken(both, POSITION, FILTER, 'anonymous');
    expect(fresh).not.toBe(token);
    expect(decoded(fresh, FILTER, 'anonymous', createSigner([NEW], 'page-tokens'))).toEqual(POSITION);
    expect(decoded(fresh)).toBeUndefined();
    expect(decoded(token, FILTER, 'anonymous', createSigner([NEW], 'page-tokens'))).toBeUndefined();
  });

  test('of another purpose make no tokens', () => {
    const other = createSigner([OLD], 'object-urls');
    expect(decoded(encodePageToken(other, POSITION, FILTER, 'anonymous'))).toBeUndefined();
    expect(decoded(token, FILTER, 'anonymous', other)).toBeUndefined();
  });
});

describe('a token of the audit', () => {
  const position = { at: POSITION.upload_time, event_id: POSITION.image_id };
  const listing: AuditListing = {
    user_id: 'alice',
    image_id: POSITION.image_id,
    actor: 'bob',
    action: 'delete-image',
    outcome: 'done',
    within: { from: 1, before: 2 },
  };
  const ofAudit = encodeAuditToken(signer, position, listing, 'anonymous');

  test('leads back to its position', () => {
    expect(decodeAuditToken(signer, ofAudit, { ...listing }, 'anonymous')).toEqual(position);
    expect(decodeAuditToken(signer, ofAudit, listing, 'somebody')).toBeUndefined();
  });

  test.each<[string, Partial<AuditListing>]>([
    ['user', { user_id: 'bob' }],
    ['image', { image_id: undefined }],
    ['actor', { actor: 'alice' }],
    ['action', { action: undefined }],
    ['outcome', { outcome: 'refused' }],
    ['span of time', { within: { from: 1 } }],
    ['user and actor, the one for the other', { user_id: 'bob', actor: 'alice' }],
  ])('is of no use with another %s', (_what, differing) => {
    expect(decodeAuditToken(signer, ofAudit, { ...listing, ...differing }, 'anonymous')).toBeUndefined();
  });

  test('is none of a listing of images, whatever its filters, and the other way round', () => {
    const same: ListFilter = { tags: [], uploaded: {}, order: 'newest' };
    const all = encodeAuditToken(signer, position, { within: {} }, 'anonymous');
    expect(decoded(all, same)).toBeUndefined();
    expect(decoded(all, { ...same, user_id: 'audit' })).toBeUndefined();
    const images = encodePageToken(signer, POSITION, { ...same, user_id: 'audit' }, 'anonymous');
    expect(decodeAuditToken(signer, images, { within: {} }, 'anonymous')).toBeUndefined();
  });
});

describe('a token of what was found', () => {
  const { order: _order, ...filter } = FILTER;
  const search: Search = { terms: searchTermsOf('osprey du'), filter, order: 'relevance' };
  const position = { ...POSITION, rank: 2 as const };
  const found = encodeSearchToken(signer, position, search, 'anonymous');
  const decodedAs = (other: Partial<Search>, caller = 'anonymous', text = found) =>
    decodeSearchToken(signer, text, { ...search, ...other }, caller);

  test('leads back to its position', () => {
    expect(decodedAs({})).toEqual(position);
    expect(found).toMatch(/^[A-Za-z0-9_.-]+$/);
  });

  test.each([
    ['other words', { terms: searchTermsOf('osprey d') }],
    ['the same words, of which the last is whole', { terms: searchTermsOf('osprey "du"') }],
    ['the same words as one', { terms: searchTermsOf('"osprey du"') }],
    ['another order', { order: 'newest' as const }],
    ['other tags', { filter: { ...filter, tags: ['bird'] } }],
    ['another time', { filter: { ...filter, uploaded: {} } }],
    ['another user', { filter: { ...filter, user_id: 'bob' } }],
    ['another status', { filter: { ...filter, status: 'deleted' as const } }],
  ])('is of no use for %s', (_what, other) => {
    expect(decodedAs(other)).toBeUndefined();
  });

  test('is of no use to another caller, for a listing, nor is that of a listing for it', () => {
    expect(decodedAs({}, 'user:bob')).toBeUndefined();
    expect(decoded(found)).toBeUndefined();
    expect(decodedAs({}, 'anonymous', token)).toBeUndefined();
  });
});
