import { describe, expect, test } from 'vitest';
import { createEmfMetrics } from '../../src/drivers/emf/emf-metrics.ts';
import { PUBLISHED } from '../../src/drivers/emf/published.ts';
import { createPrometheusMetrics } from '../../src/drivers/prometheus/prometheus-metrics.ts';
import type { Metrics } from '../../src/ports/metrics.ts';
import { readEmf } from '../support/emf-lines.ts';
import { parsePrometheus } from '../support/prometheus-text.ts';
import { silentLog } from '../support/silent-log.ts';

/** What a request, or a job, measures; each is one call of `flush`. */
const EVENTS: readonly ((metrics: Metrics) => void)[] = [
  ...['200', '201', '404', '429', '500'].flatMap((status) =>
    ['/images', '/images/:image_id'].map((route) => (metrics: Metrics) => {
      const labels = { route, method: 'GET', status };
      metrics.move('http_requests_in_flight', 1);
      metrics.move('http_requests_in_flight', -1);
      metrics.count('http_requests_total', labels);
      metrics.observe('http_request_duration_seconds', labels, Number(status) / 1000);
      metrics.count('http_request_bytes_total', { route }, 100);
      metrics.count('http_response_bytes_total', { route }, Number(status));
    }),
  ),
  (metrics) => metrics.count('quota_refusals_total', {}),
  (metrics) => metrics.count('images_accepted_total', { content_type: 'image/png', way: 'inline' }),
  (metrics) => {
    for (const outcome of ['done', 'failed', 'dead']) {
      metrics.count('jobs_total', { kind: 'process-image', outcome });
      metrics.observe('job_duration_seconds', { kind: 'process-image' }, 0.5);
    }
    for (const format of ['webp', 'webp', 'avif']) {
      metrics.count('renditions_made_total', { format, cause: 'preset' }, 2);
    }
    metrics.observe('rendition_duration_seconds', { task: 'develop', outcome: 'done' }, 1.5);
    metrics.observe('search_duration_seconds', { outcome: 'done' }, 0.02);
  },
];

function through(metrics: Metrics): void {
  for (const event of EVENTS) {
    event(metrics);
    metrics.flush();
  }
}

describe('the same events', () => {
  test.each(Object.entries(PUBLISHED))('give the same numbers of %s in both', async (name, dimensions) => {
    const lines: string[] = [];
    through(createEmfMetrics({ write: (line) => void lines.push(line), namespace: 'T', now: Date.now }));
    const prometheus = createPrometheusMetrics({ readGauges: () => [], log: silentLog });
    through(prometheus);
    const page = parsePrometheus((await prometheus.read()).text);

    const told = lines.flatMap(readEmf).filter((each) => each.name === name);
    expect(told).not.toEqual([]);
    const groups = Map.groupBy(told, (each) => JSON.stringify(each.dimensions));
    const isHistogram = page.types.get(`tintype_${name}`) === 'histogram';
    for (const [key, values] of groups) {
      const wanted = JSON.parse(key) as Record<string, string>;
      expect(Object.keys(wanted)).toEqual(dimensions);
      const numbers = values.flatMap((each) => each.values);
      const matching = page.samples.filter(({ labels }) =>
        Object.entries(wanted).every(([label, value]) =>
          label === 'status_class' ? labels['status']?.[0] === value[0] : labels[label] === value,
        ),
      );
      const sumOf = (sample: string) =>
        matching.filter((each) => each.name === sample).reduce((sum, { value }) => sum + value, 0);
      expect(sumOf(isHistogram ? `tintype_${name}_sum` : `tintype_${name}`)).toBeCloseTo(
        numbers.reduce((sum, each) => sum + each, 0),
        9,
      );
      if (isHistogram) expect(sumOf(`tintype_${name}_count`)).toBe(numbers.length);
    }
  });
});
