import { expect, test } from 'vitest';
import { unavailable } from '../../domain/errors.ts';
import { resendJobs } from './resend-jobs.ts';

const NOON = Date.UTC(2026, 4, 4, 12);
const clock = { now: () => NOON };

test('what has waited for five minutes is sent again, or what was written down tomorrow, and how much that was is told', async () => {
  const asked: unknown[] = [];
  const outbox = {
    async resend(...times: unknown[]) {
      asked.push(times);
      return 7;
    },
  };
  expect(await resendJobs({ outbox, clock })).toBe(7);
  expect(asked).toEqual([[NOON - 5 * 60_000, NOON + 24 * 3_600_000]]);
});

test('a failure is passed on', async () => {
  const failure = unavailable('Not now.', new Error('broken'));
  const outbox = { resend: () => Promise.reject(failure) };
  await expect(resendJobs({ outbox, clock })).rejects.toBe(failure);
});
