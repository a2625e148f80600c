import { describe, expect, test, vi } from 'vitest';
import { addHeaders, lengthOf, partsOf, plainAnswer } from './plain-answer.ts';

const DEFAULTS = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' };
const SAID = { 'content-length': '2', 'cache-control': 'no-store' };

const plain = () => plainAnswer({ body: '{}', status: 201, headers: SAID });
const other = () => new Response('{}', { status: 201, headers: SAID });

describe.each([
  ['of known parts', plain],
  ['made in another way', other],
])('an answer %s', (_what, make) => {
  test('is given what is added, and what is said by default where it does not say so itself', async () => {
    const c = { res: make() };
    addHeaders(c, { 'x-request-id': 'one', 'cache-control': 'private' }, DEFAULTS);
    addHeaders(c, { 'x-request-id': 'two' });
    expect(c.res.status).toBe(201);
    expect(await c.res.clone().text()).toBe('{}');
    expect(Object.fromEntries(c.res.headers)).toMatchObject({
      'content-length': '2',
      'cache-control': 'private',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'two',
    });
    expect(lengthOf(c.res)).toBe(2);
  });

  test('keeps what it says itself', () => {
    const c = { res: make() };
    addHeaders(c, {}, DEFAULTS);
    expect(c.res.headers.get('cache-control')).toBe('no-store');
  });
});

test('an answer of known parts is completed, and its length known, without Headers being made of them', () => {
  const c = { res: plain() };
  const headers = vi.spyOn(Response.prototype, 'headers', 'get');
  try {
    addHeaders(c, { 'x-request-id': 'one' }, DEFAULTS);
    expect(lengthOf(c.res)).toBe(2);
    expect(headers).not.toHaveBeenCalled();
  } finally {
    headers.mockRestore();
  }
});

test('of an answer that somebody has made anew nothing is taken for known', () => {
  const anew = new Response('{}', plain());
  expect(partsOf(anew)).toBeUndefined();
  expect(lengthOf(new Response(null))).toBe(0);
});
