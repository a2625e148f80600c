import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { recordingLog } from '../../test/support/recording-log.ts';
import { startAuditSweep, startLinkSweep } from './sweeps.ts';

const NOW = Date.UTC(2026, 4, 4);
const DAY = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('the audit is swept again and again of what is older than it is kept, by the clock of the time', async () => {
  let now = NOW;
  const swept: number[] = [];
  const expire = async (before: number) => swept.push(before);
  const log = recordingLog();
  const sweep = startAuditSweep({ expire }, { clock: { now: () => now }, auditDays: 30 }, log);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(swept.length).toBeGreaterThan(0);
  expect(new Set(swept)).toEqual(new Set([NOW - 30 * DAY]));
  now += DAY;
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(swept.at(-1)).toBe(NOW - 29 * DAY);
  await sweep.stop();
  const times = swept.length;
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(swept).toHaveLength(times);
  expect(log.entries).toEqual([]);
});

test('share links are swept again and again of those that have expired by then', async () => {
  let now = NOW;
  const swept: number[] = [];
  const forgetExpired = async (before: number) => swept.push(before);
  const log = recordingLog();
  const sweep = startLinkSweep({ forgetExpired }, { clock: { now: () => now } }, log);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(swept.length).toBeGreaterThan(0);
  expect(new Set(swept)).toEqual(new Set([NOW]));
  now += DAY;
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(swept.at(-1)).toBe(NOW + DAY);
  await sweep.stop();
  const times = swept.length;
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(swept).toHaveLength(times);
  expect(log.entries).toEqual([]);
});
