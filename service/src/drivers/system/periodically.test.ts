import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { periodically } from './periodically.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('what is done periodically', () => {
  test('is done after each pause, and never twice at once', async () => {
    let running = 0;
    let done = 0;
    const work = async () => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      running--;
      done++;
    };
    const periodic = periodically(1000, work, recordingLog(), 'it');
    await vi.advanceTimersByTimeAsync(3 * 3500);
    expect(done).toBe(3);
    await periodic.stop();
  });

  test('goes on after a failure, which the log has', async () => {
    const failure = new Error('not now');
    let tries = 0;
    const log = recordingLog();
    const work = async () => {
      if (++tries === 1) throw failure;
    };
    const periodic = periodically(1000, work, log, 'a sweep');
    await vi.advanceTimersByTimeAsync(2000);
    expect(tries).toBe(2);
    expect(log.entries).toEqual([
      { level: 'error', fields: { err: failure }, message: 'a sweep has failed; it will be tried again' },
    ]);
    await periodic.stop();
  });

  test('is done no more after a stop, which waits for what is under way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let begun = 0;
    const periodic = periodically(
      1000,
      () => {
        begun++;
        return promise;
      },
      recordingLog(),
      'it',
    );
    await vi.advanceTimersByTimeAsync(1000);
    let stopped = false;
    const stopping = periodic.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(5000);
    expect(stopped).toBe(false);
    resolve();
    await stopping;
    await vi.advanceTimersByTimeAsync(5000);
    expect(begun).toBe(1);
  });
});
