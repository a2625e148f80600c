import { TintypeError } from '@tintype/client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Notices } from './notices.ts';
import { problemSentence } from './problem-text.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const texts = (notices: Notices) => notices.shown.value.map(({ text }) => text);
const action = { label: 'Undo', run: () => {} };

describe('notices', () => {
  test('go by themselves, later where there is something to decide', () => {
    const notices = new Notices();
    notices.show('Deleted', { action });
    notices.show('Saved');
    vi.advanceTimersByTime(5_000);
    expect(texts(notices)).toEqual(['Deleted']);
    vi.advanceTimersByTime(5_000);
    expect(texts(notices)).toEqual([]);
  });

  test('stay while somebody is at them', () => {
    const notices = new Notices();
    notices.show('Deleted', { action });
    notices.hold();
    vi.advanceTimersByTime(60_000);
    expect(texts(notices)).toEqual(['Deleted']);
    notices.release();
    vi.advanceTimersByTime(60_000);
    expect(texts(notices)).toEqual([]);
  });

  test('that offer nothing make room for the next', () => {
    const notices = new Notices();
    for (const text of ['one', 'two', 'three', 'four']) notices.show(text);
    expect(texts(notices)).toEqual(['four']);
  });

  test('do what the last one offers', () => {
    const notices = new Notices();
    const run = vi.fn();
    expect(notices.actLast()).toBe(false);
    notices.show('Deleted', { action: { label: 'Undo', run } });
    notices.show('Saved');
    expect(notices.actLast()).toBe(true);
    expect(run).toHaveBeenCalledOnce();
    expect(texts(notices)).toEqual(['Saved']);
  });
});

test('failures are said in plain words, with what finds them in the log', () => {
  expect(problemSentence(new TintypeError('unavailable', 503, 'x', { request_id: 'r-1' }))).toBe(
    'The service cannot do this just now. Try again in a moment. (Request r-1)',
  );
  expect(
    problemSentence(
      new TintypeError('invalid_request', 400, 'x', {
        errors: [{ field: 'tags', message: 'must be at most 20' }],
      }),
    ),
  ).toBe('Not accepted: tags must be at most 20.');
  expect(problemSentence(new Error('secret path'))).toBe('Something went wrong here.');
});
