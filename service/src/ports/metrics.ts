/** What a metric is. */
interface MetricRow {
  /** A counter only grows; a gauge is how something is now; a histogram counts values by their size. */
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** What its series differ in. Each takes few values, all of them known: never an id, a name or a text of a caller's. */
  readonly labels: readonly string[];
  /** Of a histogram: the upper bounds of its classes, in the unit that its name ends with. */
  readonly buckets?: readonly number[];
}

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const DECODING_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const SEARCH_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const JOB_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 120];
const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * Every metric that there is, under its name without the prefix `tintype_`. Names follow Prometheus's rules
 * (https://prometheus.io/docs/practices/naming/). docs/observability.md says the same of each.
 */
export const METRICS = {
  http_requests_total: {
    type: 'counter',
    help: 'Requests that have been answered.',
    labels: ['route', 'method', 'status'],
  },
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from a request to its answer, without the sending of a streamed body.',
    labels: ['route', 'method', 'status'],
    buckets: REQUEST_SECONDS,
  },
  http_requests_in_flight: {
    type: 'gauge',
    help: 'Requests that are being answered.',
    labels: [],
  },
  http_request_bytes_total: {
    type: 'counter',
    help: 'Bytes of bodies taken from callers.',
    labels: ['route'],
  },
  http_response_bytes_total: {
    type: 'counter',
    help: 'Bytes of bodies in answers, as their Content-Length says.',
    labels: ['route'],
  },
  rate_limit_refusals_total: {
    type: 'counter',
    help: 'Requests refused because there were too many, by what was counted: address or caller.',
    labels: ['policy'],
  },
  quota_refusals_total: {
    type: 'counter',
    help: 'Room refused because a user has no more of it.',
    labels: [],
  },
  images_accepted_total: {
    type: 'counter',
    help: 'Images whose bytes were accepted: inline, sent straight to the store (direct), or as a further version.',
    labels: ['content_type', 'way'],
  },
  renditions_made_total: {
    type: 'counter',
    help: 'Renditions made, as presets or on demand.',
    labels: ['format', 'cause'],
  },
  rendition_duration_seconds: {
    type: 'histogram',
    help: 'Time to decode an image and make of it what was wanted, waiting for a decoder included.',
    labels: ['task', 'outcome'],
    buckets: DECODING_SECONDS,
  },
  decoders_busy: {
    type: 'gauge',
    help: 'Decoders that are at work, in processes of their own.',
    labels: [],
  },
  decoders_waiting: {
    type: 'gauge',
    help: 'Images that wait for a decoder.',
    labels: [],
  },
  decoder_losses_total: {
    type: 'counter',
    help: 'Decoders lost while they had an image: killed over the limit of time or memory, or ended or distrusted (fault).',
    labels: ['reason'],
  },
  search_duration_seconds: {
    type: 'histogram',
    help: 'Time in which what finds images by their texts has found a page, or failed.',
    labels: ['outcome'],
    buckets: SEARCH_SECONDS,
  },
  jobs_total: {
    type: 'counter',
    help: 'Tries of jobs: done, failed and to be tried again, or failed for good (dead).',
    labels: ['kind', 'outcome'],
  },
  job_duration_seconds: {
    type: 'histogram',
    help: 'Time that a try of a job took.',
    labels: ['kind'],
    buckets: JOB_SECONDS,
  },
  jobs_waiting: {
    type: 'gauge',
    help: 'Jobs to be done, now or when they become due; those that are being done are among them.',
    labels: ['kind'],
  },
  jobs_retried: {
    type: 'gauge',
    help: 'Of the jobs that wait, those that have failed before.',
    labels: ['kind'],
  },
  jobs_dead: {
    type: 'gauge',
    help: 'Jobs that have failed for good, until somebody has them tried again.',
    labels: ['kind'],
  },
  jobs_oldest_age_seconds: {
    type: 'gauge',
    help: 'Age of the job that has waited longest; 0 where none waits.',
    labels: ['kind'],
  },
  commit_changes: {
    type: 'histogram',
    help: 'Changes that were committed to the disk together.',
    labels: [],
    buckets: BATCHES,
  },
  commit_duration_seconds: {
    type: 'histogram',
    help: 'Time that such a commit took.',
    labels: [],
    buckets: COMMIT_SECONDS,
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

type Table = typeof METRICS;
type NamesOf<Type> = { [Name in keyof Table]: Table[Name]['type'] extends Type ? Name : never }[keyof Table];

export type MetricName = keyof Table;
export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

/** A value for each of a metric's labels. */
export type LabelsOf<Name extends MetricName> = Readonly<Record<Table[Name]['labels'][number], string>>;

/**
 * Where the service counts what it does. Nothing of this waits or fails: to measure must never harm what is
 * measured.
 */
export interface Metrics {
  /** So many more; 1 unless it is said. */
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  /** One more value of a histogram, in the unit that its name ends with. */
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** So many more or, below zero, fewer than there were, of a gauge without labels. */
  move(name: GaugeName, by: number): void;
  /** A request or a job has come to its end: a driver that writes lines writes what was measured of it. */
  flush(): void;
}

/** How something is when it is looked at. */
export type GaugeReading = {
  [Name in GaugeName]: { readonly name: Name; readonly labels: LabelsOf<Name>; readonly value: number };
}[GaugeName];
