import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Log } from '../../ports/log.ts';
import { type GaugeReading, METRICS, type MetricName, type Metrics } from '../../ports/metrics.ts';

/** Before the names of all metrics that are ours. */
const PREFIX = 'tintype_';

type Labels = Readonly<Record<string, string>>;

/**
 * Of how many objects of labels a counter keeps what they were counted with, until it is told: finding a series by its labels takes
 * longer than to count, and whoever counts each request hands over the same objects.
 */
const MOST_COUNTED = 1000;

export interface PrometheusOptions {
  /** What is looked up each time that metrics are read. Should it fail, the log says so, and the rest is read. */
  readonly readGauges: () => readonly GaugeReading[];
  readonly log: Log;
}

export interface PrometheusMetrics extends Metrics {
  /** All metrics as they are now, with Node's own of this process, in Prometheus's text format. */
  read(): Promise<{ readonly content_type: string; readonly text: string }>;
}

/** Metrics in the memory of this process, for Prometheus to fetch. */
export function createPrometheusMetrics({ readGauges, log }: PrometheusOptions): PrometheusMetrics {
  const registry = new Registry();
  const ofNode = processRegistry();
  const counters = new Map<MetricName, Counter>();
  const gauges = new Map<MetricName, Gauge>();
  const histograms = new Map<MetricName, Histogram>();
  for (const [key, row] of Object.entries(METRICS)) {
    const name = key as MetricName;
    const options = {
      name: `${PREFIX}${name}`,
      help: row.help,
      labelNames: row.labels,
      registers: [registry],
    };
    if (row.type === 'counter') counters.set(name, new Counter(options));
    else if (row.type === 'gauge') gauges.set(name, new Gauge(options));
    else histograms.set(name, new Histogram({ ...options, buckets: [...row.buckets] }));
  }
  /** Of gauges without labels, which go up and down with each request: they are told when they are read. */
  const moved = new Map<MetricName, number>();
  const counted = new Map([...counters.keys()].map((name) => [name, new Map<Labels, number>()]));
  const tell = (name: MetricName, of: Map<Labels, number>) => {
    for (const [labels, by] of of) counters.get(name)?.inc(labels, by);
    of.clear();
  };
  const lookAgain = () => {
    for (const [name, of] of counted) tell(name, of);
    for (const [name, value] of moved) gauges.get(name)?.set(value);
    const readings = readingsOf(readGauges, log);
    // Of what is not there any more nothing is said.
    for (const { name } of readings) gauges.get(name)?.reset();
    for (const { name, labels, value } of readings) gauges.get(name)?.set(labels, value);
  };
  return {
    count(name, labels, by = 1) {
      const of = counted.get(name);
      if (!of) return;
      of.set(labels, (of.get(labels) ?? 0) + by);
      if (of.size > MOST_COUNTED) tell(name, of);
    },
    observe: (name, labels, value) => histograms.get(name)?.observe(labels, value),
    move(name, by) {
      moved.set(name, (moved.get(name) ?? 0) + by);
    },
    flush: () => {},
    async read() {
      lookAgain();
      const texts = await Promise.all([registry.metrics(), ofNode.metrics()]);
      return { content_type: registry.contentType, text: texts.join('\n') };
    },
  };
}

function readingsOf(readGauges: () => readonly GaugeReading[], log: Log): readonly GaugeReading[] {
  try {
    return readGauges();
  } catch (error) {
    log.warn({ err: error }, 'some of the metrics cannot be looked up now, and are as they were before');
    return [];
  }
}

let ofProcess: Registry | undefined;

/** Node's own metrics: event loop, memory, garbage collection. There is one process, however many servers are in it. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
