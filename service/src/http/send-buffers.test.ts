import { describe, expect, test } from 'vitest';
import { SendBuffers } from './send-buffers.ts';

describe('memory for answers', () => {
  test('is at least as long as was asked for, and used again', () => {
    const buffers = new SendBuffers();
    const first = buffers.take(100_000);
    expect(first.length).toBeGreaterThanOrEqual(100_000);
    buffers.giveBack(first);
    expect(buffers.kept).toBe(first.length);
    expect(buffers.take(99_000)).toBe(first);
    expect(buffers.kept).toBe(0);
  });

  test('is nobody else’s before it is given back', () => {
    const buffers = new SendBuffers();
    const taken = Array.from({ length: 20 }, () => buffers.take(50_000));
    expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(20);
  });

  test('of another length is not given to whoever needs more', () => {
    const buffers = new SendBuffers();
    buffers.giveBack(buffers.take(20_000));
    expect(buffers.take(500_000).length).toBeGreaterThanOrEqual(500_000);
  });

  test('is kept up to a limit, and not at all where it is short', () => {
    const buffers = new SendBuffers(300_000);
    const taken = Array.from({ length: 10 }, () => buffers.take(100_000));
    for (const buffer of taken) buffers.giveBack(buffer);
    expect(buffers.kept).toBeLessThanOrEqual(300_000);
    expect(buffers.kept).toBeGreaterThan(0);
    const few = new SendBuffers();
    few.giveBack(few.take(100));
    expect(few.kept).toBe(0);
  });
});
