import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryDeps, NOW } from '../../test/support/memory-deps.ts';
import { recordingLog } from '../../test/support/recording-log.ts';
import { sampleRecord } from '../../test/support/sample-record.ts';
import { silentLog } from '../../test/support/silent-log.ts';
import { createCautiousClock } from '../drivers/system/cautious-clock.ts';
import { startAuditSweep, startLinkSweep, startSweeps } from './sweeps.ts';

const DAY_MS = 86_400_000;
const YEARS_MS = 3650 * DAY_MS;
const QUARTER_MS = 15 * 60_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a server whose clock jumps ten years ahead for some hours purges nothing of the trash meanwhile', async () => {
  const { deps } = memoryDeps();
  const trashed = sampleRecord({ deleted_at: new Date(NOW - DAY_MS).toISOString() });
  await deps.index.insert(trashed);
  const clock = { now: () => Date.now() };
  const sweeps = startSweeps({ ...deps, clock, trashDays: 7 }, silentLog, createCautiousClock(NOW));
  const isThere = async () => (await deps.index.get(trashed.image_id)) !== undefined;
  const pass = async (times: number) => {
    for (let nth = 0; nth < times; nth++) await vi.advanceTimersByTimeAsync(QUARTER_MS + 1);
  };
  await pass(2);
  vi.setSystemTime(Date.now() + YEARS_MS);
  await pass(16);
  expect(await isThere()).toBe(true);
  vi.setSystemTime(Date.now() - YEARS_MS);
  await pass(2);
  expect(await isThere()).toBe(true);
  // What is due by a clock that has gone on, not jumped, goes.
  await pass(6 * 24 * 4);
  expect(await isThere()).toBe(false);
  await Promise.all(sweeps.map((sweep) => sweep.stop()));
});

test('the audit is swept again and again of what is older than it is kept, by the clock of the time', async () => {
  let now = NOW;
  const swept: number[] = [];
  const expire = async (before: number) => swept.push(before);
  const log = recordingLog();
  const sweep = startAuditSweep({ expire }, { clock: { now: () => now }, auditDays: 30 }, log);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(swept.length).toBeGreaterThan(0);
  expect(new Set(swept)).toEqual(new Set([NOW - 30 * DAY_MS]));
  now += DAY_MS;
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(swept.at(-1)).toBe(NOW - 29 * DAY_MS);
  await sweep.stop();
  const times = swept.length;
  await vi.advanceTimersByTimeAsync(DAY_MS);
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
  now += DAY_MS;
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(swept.at(-1)).toBe(NOW + DAY_MS);
  await sweep.stop();
  const times = swept.length;
  await vi.advanceTimersByTimeAsync(DAY_MS);
  expect(swept).toHaveLength(times);
  expect(log.entries).toEqual([]);
});
