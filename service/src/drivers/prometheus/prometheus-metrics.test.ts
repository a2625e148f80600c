import { describe, expect, test } from 'vitest';
import { parsePrometheus } from '../../../test/support/prometheus-text.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { silentLog } from '../../../test/support/silent-log.ts';
import { type GaugeReading, METRICS } from '../../ports/metrics.ts';
import { createPrometheusMetrics } from './prometheus-metrics.ts';

const nothing = () => [];

describe('metrics for Prometheus', () => {
  test('are all there from the start, each with its type and what it is, and with those of Node', async () => {
    const metrics = createPrometheusMetrics({ readGauges: nothing, log: silentLog });
    const { content_type, text } = await metrics.read();
    expect(content_type).toBe('text/plain; version=0.0.4; charset=utf-8');
    const { types, value } = parsePrometheus(text);
    for (const [name, { type, help }] of Object.entries(METRICS)) {
      expect(types.get(`tintype_${name}`), name).toBe(type);
      expect(text).toContain(`# HELP tintype_${name} ${help}\n`);
    }
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    for (const name of ['nodejs_eventloop_lag_p99_seconds', 'nodejs_heap_size_used_bytes']) {
      expect(types.get(name)).toBe('gauge');
    }
    expect(types.get('nodejs_gc_duration_seconds')).toBe('histogram');
  });

  test('of two servers in a process are two, each with its own', async () => {
    const [one, two] = [1, 2].map(() => createPrometheusMetrics({ readGauges: nothing, log: silentLog }));
    one?.count('quota_refusals_total', {}, 3);
    const texts = await Promise.all([one, two].map(async (each) => (await each?.read())?.text ?? ''));
    expect(texts.map((text) => parsePrometheus(text).value('tintype_quota_refusals_total'))).toEqual([3, 0]);
  });

  test('are counted by what their labels say, whether they are in one object or in many', async () => {
    const metrics = createPrometheusMetrics({ readGauges: nothing, log: silentLog });
    const kept = { policy: 'address' };
    const counted = async () =>
      parsePrometheus((await metrics.read()).text).value('tintype_rate_limit_refusals_total');
    for (let n = 0; n < 2500; n++) metrics.count('rate_limit_refusals_total', { policy: 'address' });
    for (let n = 0; n < 10; n++) metrics.count('rate_limit_refusals_total', kept, 2);
    expect(await counted()).toBe(2520);
    metrics.count('rate_limit_refusals_total', kept);
    expect([await counted(), await counted()]).toEqual([2521, 2521]);
  });

  test('are looked up anew each time, and what has gone is not shown any more', async () => {
    let readings: GaugeReading[] = [
      { name: 'jobs_waiting', labels: { kind: 'process-image' }, value: 4 },
      { name: 'jobs_waiting', labels: { kind: 'erase-images' }, value: 1 },
    ];
    const metrics = createPrometheusMetrics({ readGauges: () => readings, log: silentLog });
    const waiting = async () => parsePrometheus((await metrics.read()).text).value('tintype_jobs_waiting');
    expect(await waiting()).toBe(5);
    readings = [{ name: 'jobs_waiting', labels: { kind: 'process-image' }, value: 2 }];
    expect(await waiting()).toBe(2);
  });

  test('are shown without what cannot be looked up, and the log says so', async () => {
    const log = recordingLog();
    const failure = new Error('disk I/O error');
    const metrics = createPrometheusMetrics({
      readGauges: () => {
        throw failure;
      },
      log,
    });
    metrics.count('quota_refusals_total', {});
    const { value } = parsePrometheus((await metrics.read()).text);
    expect(value('tintype_quota_refusals_total')).toBe(1);
    expect(value('tintype_jobs_waiting')).toBeUndefined();
    expect(log.entries).toMatchObject([{ level: 'warn', fields: { err: failure } }]);
  });
});
