import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attributesOf, type Collector, startCollector } from '../../../test/support/otlp-collector.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { silentLog } from '../../../test/support/silent-log.ts';
import { createOtlpTracer, type OtlpOptions } from './otlp-tracer.ts';

let collector: Collector;

beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector[Symbol.asyncDispose]());

const open = (options: Partial<OtlpOptions> = {}) =>
  createOtlpTracer({
    endpoint: collector.url,
    serviceName: 'a service',
    sampleRatio: 1,
    log: silentLog,
    ...options,
  });

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const callerOf = (traceparent: string) => ({ traceparent, tracestate: undefined });

describe('spans', () => {
  test('are below those within which they begin, also later', async () => {
    const tracer = open();
    const outer = tracer.begin('outer', { kind: 'request', attributes: { 'http.route': '/images' } });
    await outer.run(async () => {
      await Promise.resolve();
      const inner = tracer.begin('inner', { kind: 'call' });
      inner.fail('unavailable');
      inner.end();
    });
    outer.rename('renamed');
    outer.set({ 'http.response.status_code': 200 });
    outer.end();
    expect(tracer.traceId()).toBeUndefined();
    await tracer.close();
    const [inner, renamed] = collector.spans();
    expect(renamed).toMatchObject({ name: 'renamed', kind: 2 });
    expect(renamed?.parentSpanId).toBeUndefined();
    expect(renamed && attributesOf(renamed)).toEqual({
      'http.route': '/images',
      'http.response.status_code': 200,
    });
    expect(inner).toMatchObject({
      name: 'inner',
      kind: 3,
      parentSpanId: renamed?.spanId,
      status: { code: 2 },
    });
    expect(inner?.traceId).toBe(renamed?.traceId);
    expect(inner && attributesOf(inner)).toEqual({ 'error.type': 'unavailable' });
    expect(collector.bodies.join()).toContain('{"key":"service.name","value":{"stringValue":"a service"}}');
  });

  test('of requests and jobs are of traces of their own, wherever they begin', async () => {
    const tracer = open();
    const request = tracer.begin('request', { kind: 'request' });
    request.run(() => tracer.begin('job', { kind: 'job' }).end());
    request.end();
    await tracer.close();
    const [job, outer] = collector.spans();
    expect(job).toMatchObject({ name: 'job', kind: 5 });
    expect(job?.parentSpanId).toBeUndefined();
    expect(job?.traceId).not.toBe(outer?.traceId);
  });

  test("are below the caller's, and of its trace", async () => {
    const tracer = open({ sampleRatio: 0 });
    const span = tracer.begin('one', { kind: 'request', caller: callerOf(`00-${TRACE}-${SPAN}-01`) });
    expect(span.run(() => tracer.traceId())).toBe(TRACE);
    span.end();
    await tracer.close();
    expect(collector.spans()).toMatchObject([{ name: 'one', traceId: TRACE, parentSpanId: SPAN }]);
  });

  test('are not sent where the caller does not want its trace to be, nor beyond the part that is kept', async () => {
    const unwanted = open();
    unwanted.begin('one', { kind: 'request', caller: callerOf(`00-${TRACE}-${SPAN}-00`) }).end();
    await unwanted.close();
    const none = open({ sampleRatio: 0 });
    none.begin('two', { kind: 'job' }).end();
    await none.close();
    expect(collector.calls()).toBe(0);
  });

  test.each([
    '',
    'garbage',
    `00-${TRACE}-${SPAN}`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01`.repeat(1000),
  ])('begin a trace of their own where the caller says something malformed', async (traceparent) => {
    const tracer = open();
    tracer.begin('one', { kind: 'request', caller: callerOf(traceparent) }).end();
    await tracer.close();
    const [span, ...others] = collector.spans();
    expect(others).toEqual([]);
    expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span?.traceId).not.toBe(TRACE);
    expect(span?.parentSpanId).toBeUndefined();
  });
});

describe('a collector that does not do its part', () => {
  const many = (tracer: ReturnType<typeof open>, count: number) => {
    for (let n = 0; n < count; n++) tracer.begin(`span ${n}`, { kind: 'job' }).end();
  };

  test('and is silent loses what does not fit into the queue, and holds up the end only for a while', async () => {
    collector.become('silent');
    const log = recordingLog();
    const tracer = open({ queueLimit: 8, timeoutMs: 200, delayMs: 1, log });
    many(tracer, 10_000);
    await tracer.close();
    // One batch is on its way, one waits.
    expect(collector.calls()).toBeLessThanOrEqual(3);
    expect(collector.spans()).toEqual([]);
  });

  test('is told of once, and again when it works', async () => {
    const log = recordingLog();
    const tracer = open({ queueLimit: 10, delayMs: 1, log });
    const sent = async () => {
      const calls = collector.calls();
      many(tracer, 10);
      await expect.poll(() => collector.calls(), { timeout: 20_000 }).toBeGreaterThan(calls);
    };
    collector.become('refusing');
    for (let n = 0; n < 3; n++) await sent();
    await expect.poll(() => log.entries.map(({ level }) => level), { timeout: 20_000 }).toEqual(['warn']);
    collector.become('well');
    await expect
      .poll(
        () => {
          many(tracer, 10);
          return log.entries.map(({ level }) => level);
        },
        { timeout: 20_000 },
      )
      .toEqual(['warn', 'info']);
    await tracer.close();
  });

  test('and is not there at all fails nobody', async () => {
    const log = recordingLog();
    const tracer = open({ endpoint: 'http://127.0.0.1:1', timeoutMs: 300, log });
    const span = tracer.begin('one', { kind: 'job' });
    expect(span.run(() => 'the result')).toBe('the result');
    span.end();
    await tracer.close();
    expect(collector.calls()).toBe(0);
  });
});
