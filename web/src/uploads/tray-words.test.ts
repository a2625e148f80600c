import { describe, expect, it } from 'vitest';
import { headlineOf, statusOf, type Tallied, tallyOf } from './tray-words.ts';
import type { UploadState } from './upload-queue.ts';

const FAILED: UploadState = { kind: 'failed', words: 'The file is empty.', mayRetry: false };
const SIGN_IN: UploadState = { kind: 'held', why: 'sign-in' };

/** Uploads of 100 bytes, half sent. */
function uploadsIn(...states: (UploadState | 'done' | 'sending' | 'queued' | 'paused')[]): Tallied[] {
  return states.map((state) => ({
    size: 100,
    sent: 50,
    state: typeof state === 'string' ? { kind: state } : state,
  }));
}

describe('several uploads in a few words', () => {
  it.each([
    [uploadsIn('done', 'sending', 'queued'), true, 'Uploading: 1 of 3 done'],
    [uploadsIn('done', 'sending', FAILED), true, 'Uploading: 1 of 3 done, 1 failed'],
    [uploadsIn('done', 'paused', 'paused'), true, 'Paused: 1 of 3 done'],
    [uploadsIn('paused', SIGN_IN), true, 'Sign in again to go on: 0 of 2 done'],
    [uploadsIn('sending', SIGN_IN), true, 'Uploading: 0 of 2 done'],
    [uploadsIn('sending'), false, 'Offline: 0 of 1 done. The rest follows when the connection is back.'],
    [uploadsIn('done'), false, '1 image uploaded'],
    [uploadsIn('done', 'done', FAILED), true, '2 images uploaded, 1 failed'],
    [uploadsIn(FAILED, FAILED), true, '2 uploads failed'],
  ])('%#: %s', (uploads, isOnline, words) => {
    expect(headlineOf(tallyOf(uploads), isOnline)).toBe(words);
  });

  it('have come so far by bytes, those that failed aside', () => {
    expect(tallyOf(uploadsIn('done', 'sending', FAILED)).share).toBe(0.75);
    expect(tallyOf([]).share).toBe(0);
  });
});

describe('one upload in a few words', () => {
  it.each([
    ['queued', true, 'Waiting'],
    ['queued', false, 'Waiting for the connection'],
    ['sending', true, '50 %'],
    ['paused', true, 'Paused at 50 %'],
    ['done', true, 'Uploaded'],
    [FAILED, true, 'The file is empty.'],
    [SIGN_IN, true, 'Waiting for you to sign in'],
  ] as const)('%o, online %s: %s', (state, isOnline, words) => {
    const [upload] = uploadsIn(state);
    expect(upload && statusOf(upload, isOnline)).toBe(words);
  });

  it('is at 100 % with the last byte, and no sooner', () => {
    const state: UploadState = { kind: 'sending' };
    expect(statusOf({ size: 1000, sent: 999, state }, true)).toBe('99 %');
    expect(statusOf({ size: 1000, sent: 1000, state }, true)).toBe('100 %');
  });
});
