import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Log } from '../../ports/log.ts';
import type { Span, SpanOptions, Tracer } from '../../ports/tracer.ts';

export interface OtlpOptions {
  /** The collector, such as `http://127.0.0.1:4318`; `/v1/traces` is put behind it. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Which part of the traces that begin here is kept, 0 to 1; of those that callers began, what they say. */
  readonly sampleRatio: number;
  readonly log: Log;
  /** How long a batch gathers. */
  readonly delayMs?: number;
  /** How long the collector has for a batch, repeated tries included. */
  readonly timeoutMs?: number;
  /** The most spans that wait; the more that come are dropped. */
  readonly queueLimit?: number;
}

export interface OtlpTracer extends Tracer {
  /** Sends what has gathered, for as long as the collector has for a batch and no longer. */
  close(): Promise<void>;
}

const KINDS = { request: SpanKind.SERVER, job: SpanKind.CONSUMER, call: SpanKind.CLIENT } as const;

/**
 * OpenTelemetry, sent to a collector by OTLP over HTTP, as JSON (https://opentelemetry.io/docs/specs/otlp/).
 * Nobody waits for the collector: spans gather in a queue of limited length, and what it does not take in time
 * is lost. Nothing is registered for the whole process, so that several can be in one.
 */
export function createOtlpTracer({
  endpoint,
  serviceName,
  sampleRatio,
  log,
  delayMs = 2000,
  timeoutMs = 5000,
  queueLimit = 2048,
}: OtlpOptions): OtlpTracer {
  const exporter = tellingOfFailures(
    new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, timeoutMillis: timeoutMs, concurrencyLimit: 2 }),
    log,
  );
  const processor = new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: delayMs,
    exportTimeoutMillis: timeoutMs + 1000,
    maxQueueSize: queueLimit,
    maxExportBatchSize: Math.min(512, queueLimit),
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('tintype');
  const current = new AsyncLocalStorage<Context>();
  return {
    begin(name, { kind, attributes = {}, caller }: SpanOptions) {
      const around = kind === 'call' ? current.getStore() : contextOf(caller);
      const above = around ?? ROOT_CONTEXT;
      return beganAs(tracer.startSpan(name, { kind: KINDS[kind], attributes }, above), above, current);
    },
    traceId() {
      const context = current.getStore();
      return context && trace.getSpanContext(context)?.traceId;
    },
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      // Its failures have been told of by the exporter.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

const propagator = new W3CTraceContextPropagator();

/** Where the caller's own span is; undefined where it names none, or what it says is malformed. */
function contextOf(caller: SpanOptions['caller']): Context | undefined {
  if (caller?.traceparent === undefined) return undefined;
  const context = propagator.extract(ROOT_CONTEXT, caller, {
    get: (carrier, key) => (key === 'traceparent' ? carrier.traceparent : carrier.tracestate),
    keys: () => ['traceparent', 'tracestate'],
  });
  return trace.getSpanContext(context) && context;
}

function beganAs(
  span: ReturnType<ReturnType<TracerProvider['getTracer']>['startSpan']>,
  above: Context,
  current: AsyncLocalStorage<Context>,
): Span {
  const within = trace.setSpan(above, span);
  return {
    run: (work) => current.run(within, work),
    rename: (name) => void span.updateName(name),
    set: (attributes) => void span.setAttributes(attributes),
    fail(type) {
      span.setAttribute('error.type', type);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}

/** The log says when spans begin to be lost, and when they are taken again: not of each batch. */
function tellingOfFailures(exporter: SpanExporter, log: Log): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const hasFailed = result.error !== undefined;
        if (hasFailed && !isFailing) {
          log.warn({ err: result.error }, 'traces are lost: the collector does not take them');
        } else if (isFailing && !hasFailed) log.info({}, 'the collector takes traces again');
        isFailing = hasFailed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
