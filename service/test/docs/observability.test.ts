import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { PUBLISHED } from '../../src/drivers/emf/published.ts';
import { METRICS } from '../../src/ports/metrics.ts';
import { startCollector } from '../support/otlp-collector.ts';
import { startServerProcess } from '../support/server-process.ts';
import { codeBlocks, readDocument, section, tableRows } from './markdown.ts';

const PAGE = readDocument('docs/observability.md');
const wordsIn = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

describe('the page about observability', () => {
  test('has a row for every metric, with its type, its labels and what it says', () => {
    const rows = tableRows(section(PAGE, 'Metrics'));
    const documented = rows.map(([name, type, labels, help]) => [
      wordsIn(name)[0],
      type,
      wordsIn(labels),
      help,
    ]);
    expect(documented).toEqual(
      Object.entries(METRICS).map(([name, { type, labels, help }]) => [name, type, [...labels], help]),
    );
  });

  test('has a row for every metric that CloudWatch is told, with its dimensions', () => {
    const rows = tableRows(section(PAGE, 'On AWS'));
    expect(rows.map(([name, dimensions]) => [wordsIn(name)[0], wordsIn(dimensions)])).toEqual(
      Object.entries(PUBLISHED).map(([name, dimensions]) => [name, [...dimensions]]),
    );
  });

  test('asks in its alerts for metrics and labels that there are', () => {
    const queries = [...codeBlocks(section(PAGE, 'Alerts'), ''), ...codeBlocks(section(PAGE, 'Metrics'), '')];
    expect(queries).toHaveLength(4);
    for (const query of queries) {
      const asked = [...query.matchAll(/tintype_([a-z_]+)(?:\{([^}]*)\})?/g)];
      expect(asked).not.toEqual([]);
      for (const [, name = '', matchers = ''] of asked) {
        const row = Object.entries(METRICS).find(([key]) => key === name || `${key}_bucket` === name);
        const labels: readonly string[] = row?.[1].labels ?? [];
        expect(row, name).toBeDefined();
        for (const [, label = ''] of matchers.matchAll(/(\w+)(?:=|!=|=~)"/g))
          expect(labels, query).toContain(label);
      }
    }
  });

  test('has a command that makes the trace of which it speaks', async () => {
    await using collector = await startCollector();
    const [command = ''] = codeBlocks(section(PAGE, 'Traces'), 'sh');
    const server = await startServerProcess({
      env: { TRACES: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    await promisify(execFile)('sh', ['-e', '-c', command.replace('http://127.0.0.1:3000', server.url)]);
    await server.stop();
    const [call, operation] = collector.spans();
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    expect(operation).toMatchObject({ name: 'list-images', traceId, parentSpanId: '00f067aa0ba902b7' });
    expect(call).toMatchObject({ name: 'index.list', traceId, parentSpanId: operation?.spanId });
  });
});
