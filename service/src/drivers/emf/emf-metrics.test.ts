import { describe, expect, test } from 'vitest';
import { readEmf } from '../../../test/support/emf-lines.ts';
import { METRICS } from '../../ports/metrics.ts';
import { createEmfMetrics } from './emf-metrics.ts';
import { PUBLISHED } from './published.ts';

const NOW = Date.UTC(2026, 4, 4);

function gathering() {
  const lines: string[] = [];
  const metrics = createEmfMetrics({
    write: (line) => void lines.push(line),
    namespace: 'Tintype/test',
    now: () => NOW,
  });
  return { metrics, lines, read: () => lines.map(readEmf) };
}

const GET_200 = { route: '/images', method: 'GET', status: '200' };

describe('metrics for CloudWatch', () => {
  test('of one request are one line, with the dimensions of each and no other', () => {
    const { metrics, lines } = gathering();
    metrics.count('http_requests_total', GET_200);
    metrics.observe('http_request_duration_seconds', GET_200, 0.25);
    metrics.count('http_response_bytes_total', { route: '/images' }, 1234);
    metrics.count('quota_refusals_total', {});
    metrics.flush();
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      {
        _aws: {
          Timestamp: NOW,
          CloudWatchMetrics: [
            {
              Namespace: 'Tintype/test',
              Dimensions: [['route', 'status_class']],
              Metrics: [{ Name: 'http_requests_total', Unit: 'Count' }],
            },
            {
              Namespace: 'Tintype/test',
              Dimensions: [['route']],
              Metrics: [
                { Name: 'http_request_duration_seconds', Unit: 'Seconds' },
                { Name: 'http_response_bytes_total', Unit: 'Bytes' },
              ],
            },
            {
              Namespace: 'Tintype/test',
              Dimensions: [[]],
              Metrics: [{ Name: 'quota_refusals_total', Unit: 'Count' }],
            },
          ],
        },
        route: '/images',
        status_class: '2xx',
        http_requests_total: [1],
        http_request_duration_seconds: [0.25],
        http_response_bytes_total: [1234],
        quota_refusals_total: [1],
      },
    ]);
  });

  test('are told once, and nothing is written where there is nothing to tell', () => {
    const { metrics, lines } = gathering();
    metrics.flush();
    metrics.count('quota_refusals_total', {});
    metrics.flush();
    metrics.flush();
    expect(lines).toHaveLength(1);
  });

  test('are in lines of their own where their dimensions contradict each other', () => {
    const { metrics, read } = gathering();
    metrics.count('renditions_made_total', { format: 'webp', cause: 'preset' }, 3);
    metrics.count('renditions_made_total', { format: 'png', cause: 'on_demand' });
    metrics.count('renditions_made_total', { format: 'webp', cause: 'on_demand' });
    metrics.flush();
    expect(read().map((line) => line.map(({ dimensions, values }) => ({ ...dimensions, values })))).toEqual([
      [{ format: 'webp', values: [4] }],
      [{ format: 'png', values: [1] }],
    ]);
  });

  test('have at most a hundred values in a line, and all of them in the end', () => {
    const { metrics, read } = gathering();
    const seconds = Array.from({ length: 250 }, (_, at) => at / 1000);
    for (const each of seconds) metrics.observe('job_duration_seconds', { kind: 'process-image' }, each);
    metrics.flush();
    const lines = read();
    expect(lines).toHaveLength(3);
    expect(lines.flat().flatMap(({ values }) => values)).toEqual(seconds);
  });

  test('say nothing of gauges, nor of what only servers have', () => {
    const { metrics, lines } = gathering();
    metrics.move('http_requests_in_flight', 1);
    metrics.observe('commit_changes', {}, 3);
    metrics.flush();
    expect(lines).toEqual([]);
  });

  test('have dimensions that the metrics have as labels; of the status its class', () => {
    for (const [name, dimensions] of Object.entries(PUBLISHED)) {
      const labels: readonly string[] = METRICS[name as keyof typeof METRICS].labels;
      const taken = dimensions.map((each) => (each === 'status_class' ? 'status' : each));
      expect(
        taken.filter((each) => !labels.includes(each)),
        name,
      ).toEqual([]);
    }
  });
});
