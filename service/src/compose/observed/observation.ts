import type { Config } from '../../config/config.ts';
import type { Attempt, Job } from '../../domain/job.ts';
import type { OtlpTracer } from '../../drivers/opentelemetry/otlp-tracer.ts';
import type { PrometheusMetrics } from '../../drivers/prometheus/prometheus-metrics.ts';
import type { HttpObservation } from '../../http/context.ts';
import { measureRequests } from '../../http/middleware/measure-requests.ts';
import { traceRequests } from '../../http/middleware/trace-requests.ts';
import type { RateLimiter } from '../../http/rate-limits.ts';
import type { Deps } from '../../operations/deps.ts';
import type { Log } from '../../ports/log.ts';
import type { GaugeReading, Metrics } from '../../ports/metrics.ts';
import { measuredDeps } from './measured-deps.ts';
import { measuredLimiter } from './measured-limiter.ts';
import { measuredSearch } from './measured-search.ts';
import { measuredWork } from './measured-work.ts';
import { type JobParts, tracedDeps, tracedJobParts, tracedLog, tracedWork } from './traced-deps.ts';

/** What watches over a server's work: what it is handed it gives back, watched as the configuration says. */
export interface Observation {
  /** Names the trace that a line belongs to, where there is one. */
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  readonly http: HttpObservation;
  /** @param read called whenever metrics are read; what it throws is logged. */
  lookUp(read: () => readonly GaugeReading[]): void;
  deps<Of extends Deps>(deps: Of): Of;
  jobParts<Of extends JobParts>(parts: Of): Of;
  limiter(limiter: RateLimiter): RateLimiter;
  work(work: (job: Job, attempt: Attempt) => Promise<void>): (job: Job, attempt: Attempt) => Promise<void>;
  /** Sends what is left to tell, for some seconds at most. */
  close(): Promise<void>;
}

/** What is switched off is not loaded, and nothing is wrapped for it. */
export async function openObservation(
  { observing }: Pick<Config, 'observing'>,
  plain: Log,
): Promise<Observation> {
  let readGauges = (): readonly GaugeReading[] => [];
  const tracer = await openTracer(observing.traces, plain);
  const log = tracer ? tracedLog(plain, tracer) : plain;
  const metrics = await openMetrics(observing.metrics, { readGauges: () => readGauges(), log });
  return {
    log,
    metrics,
    http: {
      around: [...(tracer ? [traceRequests(tracer)] : []), ...(metrics ? [measureRequests(metrics)] : [])],
      page: metrics,
    },
    lookUp(read) {
      readGauges = read;
    },
    deps(deps) {
      const { search } = deps;
      const measured = metrics
        ? { ...measuredDeps(deps, metrics), search: search && measuredSearch(search, metrics) }
        : deps;
      return tracer ? tracedDeps({ ...measured, log }, tracer) : measured;
    },
    jobParts: (parts) => (tracer ? tracedJobParts(parts, tracer) : parts),
    limiter: (limiter) => (metrics ? measuredLimiter(limiter, metrics) : limiter),
    work(work) {
      const measured = measuredWork(metrics, work);
      return tracer ? tracedWork(measured, tracer) : measured;
    },
    close: async () => tracer?.close(),
  };
}

async function openTracer(traces: Config['observing']['traces'], log: Log): Promise<OtlpTracer | undefined> {
  if (traces === undefined) return undefined;
  const { createOtlpTracer } = await import('../../drivers/opentelemetry/otlp-tracer.ts');
  return createOtlpTracer({ ...traces, log });
}

async function openMetrics(
  metrics: Config['observing']['metrics'],
  options: { readonly readGauges: () => readonly GaugeReading[]; readonly log: Log },
): Promise<PrometheusMetrics | undefined> {
  if (metrics === undefined) return undefined;
  const { createPrometheusMetrics } = await import('../../drivers/prometheus/prometheus-metrics.ts');
  return createPrometheusMetrics(options);
}
