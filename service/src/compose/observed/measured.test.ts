import { describe, expect, test } from 'vitest';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { newImageId } from '../../domain/image-id.ts';
import { JOB_KINDS, type Job } from '../../domain/job.ts';
import { type Search, searchTermsOf } from '../../domain/search.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { jobGauges } from './gauges.ts';
import { measuredDeps } from './measured-deps.ts';
import { measuredLimiter } from './measured-limiter.ts';
import { measuredSearch } from './measured-search.ts';
import { measuredWork } from './measured-work.ts';

/** Keeps what is counted, and how often something came to its end. */
function recordingMetrics() {
  const told: unknown[] = [];
  const metrics: Metrics = {
    count: (name, labels, by = 1) => void told.push([name, labels, by]),
    observe: (name, labels, value) => void told.push([name, labels, value >= 0]),
    move: () => {},
    flush: () => void told.push('flush'),
  };
  return { metrics, told };
}

const JOB: Job = { kind: 'process-image', image_id: newImageId(Date.now()), version: 1 };

describe('a try of a job', () => {
  test.each([
    ['done', { number: 1, isLast: false }, undefined],
    ['done', { number: 24, isLast: true }, undefined],
    ['failed', { number: 1, isLast: false }, new Error('not now')],
    ['dead', { number: 24, isLast: true }, new Error('never')],
  ] as const)('is counted as %s, of %j, and fails as it does', async (outcome, attempt, error) => {
    const { metrics, told } = recordingMetrics();
    const work = measuredWork(metrics, async () => {
      if (error) throw error;
    });
    const tried = work(JOB, attempt);
    await (error ? expect(tried).rejects.toBe(error) : expect(tried).resolves.toBeUndefined());
    expect(told).toEqual([
      ['jobs_total', { kind: 'process-image', outcome }, 1],
      ['job_duration_seconds', { kind: 'process-image' }, true],
      'flush',
    ]);
  });

  test('is itself where nothing is measured', () => {
    const work = async () => {};
    expect(measuredWork(undefined, work)).toBe(work);
  });
});

test('a search is timed, whether it finds or fails', async () => {
  const { metrics, told } = recordingMetrics();
  const search: Search = { terms: searchTermsOf('sea'), filter: { tags: [], uploaded: {} }, order: 'newest' };
  const page = { hits: [], next: null };
  expect(await measuredSearch({ find: async () => page }, metrics).find(search, 1, null)).toBe(page);
  const failure = new Error('down');
  const failing = { find: () => Promise.reject(failure) };
  await expect(measuredSearch(failing, metrics).find(search, 1, null)).rejects.toBe(failure);
  expect(told).toEqual([
    ['search_duration_seconds', { outcome: 'done' }, true],
    ['search_duration_seconds', { outcome: 'failed' }, true],
  ]);
});

describe('room', () => {
  test('that is refused is counted, when it is asked for and when it is to be more', async () => {
    const { metrics, told } = recordingMetrics();
    const { quotas } = measuredDeps(memoryDeps().deps, metrics);
    const limits = { max_images: null, max_bytes: 100 };
    const kept = await quotas.reserve('alice', { images: 1, bytes: 60 }, limits);
    expect(told).toEqual([]);
    const refused = { code: 'quota_exceeded' };
    await expect(quotas.reserve('alice', { images: 1, bytes: 60 }, limits)).rejects.toMatchObject(refused);
    await expect(kept.resize(101)).rejects.toMatchObject(refused);
    await kept.keep(60);
    expect(await quotas.usageOf('alice')).toMatchObject({ images: 1, bytes: 60 });
    expect(told).toEqual(Array(2).fill(['quota_refusals_total', {}, 1]));
  });
});

describe('a limiter', () => {
  test('counts what it refuses, by what it goes by, and not by whom', async () => {
    const { metrics, told } = recordingMetrics();
    const taken = { remaining: 0, resetsInSeconds: 1 };
    const limiter = measuredLimiter(
      { limit: 1, windowSeconds: 60, take: async (key) => ({ ...taken, allowed: key.endsWith('1') }) },
      metrics,
    );
    expect(await limiter.take('address 192.0.2.1')).toEqual({ ...taken, allowed: true });
    for (const key of ['address 192.0.2.2', 'caller user bob']) await limiter.take(key);
    expect(told).toEqual([
      ['rate_limit_refusals_total', { policy: 'address' }, 1],
      ['rate_limit_refusals_total', { policy: 'caller' }, 1],
    ]);
  });
});

describe('the gauges of jobs', () => {
  const NOW = Date.UTC(2026, 4, 4);

  test('are there for each kind, also where it has none and where this release does not know it', () => {
    const state = { kind: 'of-tomorrow', waiting: 2, retried: 1, dead: 3, oldest: NOW - 90_000 };
    const readings = jobGauges([state], NOW);
    const of = (kind: string) =>
      readings
        .filter(({ labels }) => 'kind' in labels && labels.kind === kind)
        .map(({ name, value }) => [name, value]);
    expect(of('of-tomorrow')).toEqual([
      ['jobs_waiting', 2],
      ['jobs_retried', 1],
      ['jobs_dead', 3],
      ['jobs_oldest_age_seconds', 90],
    ]);
    for (const kind of JOB_KINDS) expect(of(kind).map(([, value]) => value)).toEqual([0, 0, 0, 0]);
    expect(readings).toHaveLength(4 * (JOB_KINDS.length + 1));
  });

  test('never say that a job is younger than it can be', () => {
    const state = { kind: 'process-image', waiting: 1, retried: 0, dead: 0, oldest: NOW + 5000 };
    expect(jobGauges([state], NOW)).toContainEqual({
      name: 'jobs_oldest_age_seconds',
      labels: { kind: 'process-image' },
      value: 0,
    });
  });
});
