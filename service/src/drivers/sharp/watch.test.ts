import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, type TestContext, test, vi } from 'vitest';
import { processorTime } from './processor-time.ts';
import { fromPs, memoryProbe } from './resident-memory.ts';
import { Watch } from './watch.ts';

const GENEROUS = { timeLimitMs: 1_000, memoryLimitBytes: 2 ** 40 };

describe('watching a decoder', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What the process has had of a processor by now. */
  let used: number | undefined;
  /** How long its threads have waited for one by now. */
  let waited: number | undefined;
  beforeEach(() => {
    [used, waited] = [undefined, undefined];
    vi.spyOn(processorTime, 'usedMs').mockImplementation(() => used);
    vi.spyOn(processorTime, 'waitedMs').mockImplementation(() => waited);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('time runs out once', () => {
    const excess = vi.fn();
    new Watch(process.pid, GENEROUS, excess);
    vi.advanceTimersByTime(999);
    expect(excess).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(excess.mock.calls).toEqual([['time']]);
  });

  test('a process that has to wait for a processor is given the time that it has not had', () => {
    used = 50_000;
    const excess = vi.fn();
    new Watch(process.pid, GENEROUS, excess);
    used = 50_600;
    vi.advanceTimersByTime(1_399);
    used = 51_000;
    expect(excess).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(excess.mock.calls).toEqual([['time']]);
  });

  test('a process that does nothing is given three times the time, and no more', () => {
    used = 50_000;
    const excess = vi.fn();
    new Watch(process.pid, GENEROUS, excess);
    vi.advanceTimersByTime(2_999);
    expect(excess).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(excess.mock.calls).toEqual([['time']]);
  });

  test('a process that gets next to nothing of a processor may take as long as that lasts, and no longer', () => {
    [used, waited] = [50_000, 70_000];
    const excess = vi.fn();
    new Watch(process.pid, GENEROUS, excess);
    // So busy is the machine: a hundredth of the time is its own.
    for (let second = 1; second <= 60; second++) {
      [used, waited] = [50_000 + second * 10, 70_000 + second * 990];
      vi.advanceTimersByTime(1_000);
    }
    expect(excess).not.toHaveBeenCalled();
    // Then it sleeps, for three times the limit.
    vi.advanceTimersByTime(2_300);
    expect(excess).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(excess.mock.calls).toEqual([['time']]);
  });

  test('a process whose threads wait for a processor is still bounded by what they have of it', () => {
    [used, waited] = [0, 0];
    const excess = vi.fn();
    new Watch(process.pid, GENEROUS, excess);
    [used, waited] = [1_000, 9_000_000];
    vi.advanceTimersByTime(1_000);
    expect(excess.mock.calls).toEqual([['time']]);
  });

  test('several processors at once do not make the time shorter', () => {
    used = 0;
    const excess = vi.fn();
    new Watch(process.pid, GENEROUS, excess);
    used = 5_000;
    vi.advanceTimersByTime(999);
    expect(excess).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(excess.mock.calls).toEqual([['time']]);
  });

  test('time stands still while somebody else is waited for', () => {
    const excess = vi.fn();
    const watch = new Watch(process.pid, GENEROUS, excess);
    vi.advanceTimersByTime(400);
    watch.pause();
    vi.advanceTimersByTime(60_000);
    watch.resume();
    vi.advanceTimersByTime(599);
    expect(excess).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(excess.mock.calls).toEqual([['time']]);
  });

  test('memory is looked at again and again', async () => {
    const excess = vi.fn();
    new Watch(process.pid, { ...GENEROUS, memoryLimitBytes: 1 }, excess);
    expect(excess).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(memoryProbe.everyMs);
    expect(excess.mock.calls).toEqual([['memory']]);
  });

  test('nothing is said after the end', async () => {
    const excess = vi.fn();
    new Watch(process.pid, { timeLimitMs: 1, memoryLimitBytes: 1 }, excess).stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(excess).not.toHaveBeenCalled();
  });
});

test.runIf(process.platform === 'linux')(
  'the time that a process has had a processor is known on Linux',
  () => {
    const [before, known] = [processorTime.usedMs(process.pid) ?? Number.NaN, process.cpuUsage()];
    const knownMs = (known.user + known.system) / 1000;
    // Linux counts in hundredths of a second.
    expect(Math.abs(before - knownMs)).toBeLessThan(200);
    expect(processorTime.usedMs(2 ** 30)).toBeUndefined();
  },
);

test.runIf(existsSync('/proc/self/schedstat'))('so is the time that it has waited for one', () => {
  expect(processorTime.waitedMs(process.pid)).toBeGreaterThan(0);
  expect(processorTime.waitedMs(2 ** 30)).toBeUndefined();
});

describe('the resident memory of a process', () => {
  const PROBES = [
    ['here', memoryProbe.residentBytes],
    ['where ps is asked', fromPs],
  ] as const;

  function skipWithoutPs(context: TestContext, residentBytes: unknown): void {
    if (residentBytes !== fromPs || spawnSync('ps', ['-p', '1']).error === undefined) return;
    const reason = 'there is no ps on this machine';
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  }

  test.for(PROBES)('is known: %s', async ([_name, residentBytes], context) => {
    skipWithoutPs(context, residentBytes);
    const bytes = await residentBytes(process.pid);
    const known = process.memoryUsage().rss;
    expect(bytes).toBeGreaterThan(known / 2);
    expect(bytes).toBeLessThan(known * 2);
  });

  test.for(PROBES)('is not, of one that has ended: %s', async ([_name, residentBytes], context) => {
    skipWithoutPs(context, residentBytes);
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
    await once(child, 'exit');
    expect(await residentBytes(child.pid ?? 0)).toBeUndefined();
  });
});
