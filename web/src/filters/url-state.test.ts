import { describe, expect, test } from 'vitest';
import { formatState, type GalleryState, isSameList, orderOf, parseState, START } from './url-state.ts';

const STATE: GalleryState = {
  view: 'photos',
  q: 'red & blue',
  tags: ['a b', 'sea'],
  range: { from: '2026-01-01', to: null },
  order: 'oldest',
  image: '019aa5c1-7f3e-7c4a-9b1d-2f6a8e0c4d11',
};

describe("the gallery's address", () => {
  test('says all that is shown, and is read back as it was', () => {
    expect(parseState(formatState(STATE))).toEqual(STATE);
    expect(parseState(formatState({ ...START, view: 'trash' }))).toEqual({ ...START, view: 'trash' });
  });

  test('says nothing at the start', () => {
    expect(formatState(START)).toBe('./');
    expect(parseState('')).toEqual(START);
  });

  test('counts what it does not understand as not said', () => {
    expect(parseState('?view=attic&order=size&from=yesterday&to=2026-13-01')).toEqual(START);
  });

  test('has tags as the service keeps them, each once', () => {
    expect(parseState('?tag=Sea&tag=sea&tag=%20&tag=beach').tags).toEqual(['beach', 'sea']);
  });
});

test('what is found comes by relevance unless told otherwise, all else newest first', () => {
  expect(orderOf(START)).toBe('newest');
  expect(orderOf({ ...START, order: 'relevance' })).toBe('newest');
  expect(orderOf({ ...START, q: 'sea' })).toBe('relevance');
  expect(orderOf({ ...START, q: 'sea', order: 'newest' })).toBe('newest');
});

test('opening an image leaves the list as it is, another filter does not', () => {
  expect(isSameList(STATE, { ...STATE, image: null })).toBe(true);
  expect(isSameList(START, { ...START, q: '  ', order: 'newest' })).toBe(true);
  expect(isSameList(STATE, { ...STATE, tags: ['sea'] })).toBe(false);
});
