import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import { type EmfValue, readEmf } from '../support/emf-lines.ts';
import { startFunction } from '../support/function-process.ts';
import { type FunctionsHome, startFunctionsHome } from '../support/functions-home.ts';
import { restEvent } from '../support/gateway-events.ts';
import { LARGE, onlyWhenLarge } from '../support/large.ts';
import { queueEvent } from '../support/queue-event.ts';

let home: FunctionsHome;
beforeAll(async () => {
  if (LARGE) home = await startFunctionsHome();
});
afterAll(() => home?.stop());
beforeEach(onlyWhenLarge);

/** What CloudWatch would take from what a built function prints while it answers these events. */
async function published(
  name: Parameters<FunctionsHome['toRun']>[0],
  events: readonly object[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly lines: readonly EmfValue[][]; readonly printed: string }> {
  const running = await startFunction(home.toRun(name, { LOG_LEVEL: 'info', ...env }));
  for (const event of events) await running.invoke(event);
  await running.stop();
  const lines = running
    .printed()
    .split('\n')
    .filter((line) => line.includes('"_aws"'));
  return { lines: lines.map((line) => readEmf(`${line}\n`)), printed: running.printed() };
}

const view = (image_id: string) =>
  restEvent({ method: 'GET', path: `/images/${image_id}`, headers: { 'x-request-id': 'a-private-id' } });

const numbersOf = (line: readonly EmfValue[] = []) =>
  line.map(({ name, dimensions }) => [name, dimensions] as const);

test('a function behind the API writes one line of metrics a request, of routes and classes alone', async () => {
  const ids = [newImageId(Date.now()), 'no-id-at-all'];
  const { lines } = await published('view-image', ids.map(view), { METRICS_NAMESPACE: 'Tintype/test' });
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(numbersOf(line)).toEqual([
      ['http_requests_total', { route: '/images/:image_id', status_class: '4xx' }],
      ['http_request_duration_seconds', { route: '/images/:image_id' }],
      ['http_response_bytes_total', { route: '/images/:image_id' }],
    ]);
    expect(new Set(line.map(({ namespace }) => namespace))).toEqual(new Set(['Tintype/test']));
  }
  for (const secret of [...ids, 'a-private-id']) expect(JSON.stringify(lines)).not.toContain(secret);
});

test('a function that a queue starts writes one line a job, done or failed', async () => {
  const image_id = newImageId(Date.now());
  const job = { kind: 'clean-up-object', image_id, object_key: `alice/${image_id}` };
  const { lines } = await published('clean-up-object', [queueEvent({ one: JSON.stringify(job) })], {});
  expect(lines.map(numbersOf)).toEqual([
    [
      ['jobs_total', { kind: 'clean-up-object', outcome: 'done' }],
      ['job_duration_seconds', { kind: 'clean-up-object' }],
    ],
  ]);
  const failing = { IMAGES_TABLE: 'there-is-no-such-table' };
  const failed = await published('clean-up-object', [queueEvent({ one: JSON.stringify(job) })], failing);
  expect(failed.lines.flatMap(numbersOf)[0]).toEqual([
    'jobs_total',
    { kind: 'clean-up-object', outcome: 'failed' },
  ]);
});

test('a function writes no metrics where they are off, and its log all the same', async () => {
  const { lines, printed } = await published('view-image', [view('none')], { METRICS: 'off' });
  expect(lines).toEqual([]);
  expect(printed).toContain('"route":"/images/:image_id"');
});
