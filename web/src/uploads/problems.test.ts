import { describe, expect, it } from 'vitest';
import { isWorthRetrying, REFUSED, UNREADABLE, wordsOf } from './problems.ts';

describe('a failed upload', () => {
  it("is told in words of our own where the code is known, and else in the service's", () => {
    expect(wordsOf({ code: 'quota_exceeded', message: 'x' })).toMatch(/no room left/);
    expect(wordsOf({ code: 'teapot', message: 'Only coffee is made here.' })).toBe(
      'Only coffee is made here.',
    );
    expect(wordsOf({ code: REFUSED, message: 'The file is empty.' })).toBe('The file is empty.');
  });

  it('can be tried again unless it is the file itself that is wrong', () => {
    const codes = ['quota_exceeded', 'internal', 'network', 'conflict', 'teapot', 'forbidden'];
    const final = ['payload_too_large', 'unsupported_media_type', 'unprocessable_image', UNREADABLE, REFUSED];
    expect(codes.map((code) => isWorthRetrying({ code }))).toEqual(codes.map(() => true));
    expect(final.map((code) => isWorthRetrying({ code }))).toEqual(final.map(() => false));
  });
});
