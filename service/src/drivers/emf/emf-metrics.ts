import type { Metrics } from '../../ports/metrics.ts';
import { PUBLISHED } from './published.ts';

/** Most values of a metric that a line may have. */
const MOST_VALUES = 100;

export interface EmfOptions {
  /** Takes a line with its end. */
  readonly write: (line: string) => void;
  readonly namespace: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What was measured of one series since the last line. */
interface Series {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  values: number[];
}

/**
 * Metrics as lines of a log from which CloudWatch takes them, without a call to it: its Embedded Metric Format
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 * What belongs to one request or job is one line, unless its dimensions contradict each other. Of gauges
 * nothing is said: a function's own mean nothing, and queues have metrics of their own.
 */
export function createEmfMetrics({ write, namespace, now }: EmfOptions): Metrics {
  let gathered = new Map<string, Series>();
  const seriesOf = (name: keyof typeof PUBLISHED, labels: Readonly<Record<string, string>>) => {
    const published = PUBLISHED[name];
    if (published === undefined) return undefined;
    const dimensions = Object.fromEntries(published.map((each) => [each, dimensionOf(each, labels)]));
    const key = JSON.stringify([name, dimensions]);
    const known = gathered.get(key) ?? { name, dimensions, values: [] };
    gathered.set(key, known);
    return known;
  };
  return {
    count(name, labels, by = 1) {
      const series = seriesOf(name, labels);
      if (series) series.values = [(series.values[0] ?? 0) + by];
    },
    observe(name, labels, value) {
      seriesOf(name, labels)?.values.push(value);
    },
    move: () => {},
    flush() {
      let left = [...gathered.values()];
      gathered = new Map();
      while (left.length > 0) {
        const line = new Line();
        left = left.filter((series) => !line.takes(series));
        write(line.text(namespace, now()));
      }
    },
  };
}

function dimensionOf(dimension: string, labels: Readonly<Record<string, string>>): string {
  return dimension === 'status_class' ? `${labels['status']?.[0]}xx` : (labels[dimension] ?? '');
}

class Line {
  readonly #members: Record<string, string | number[]> = {};
  readonly #directives = new Map<string, { names: readonly string[]; metrics: string[] }>();

  /** Whether all of it has its place here; the rest of a long one, and what contradicts, needs another line. */
  takes(series: Series): boolean {
    const { name, dimensions } = series;
    const others = Object.entries(dimensions);
    if (name in this.#members) return false;
    if (others.some(([key, value]) => (this.#members[key] ?? value) !== value)) return false;
    const names = Object.keys(dimensions);
    const directive = this.#directives.get(names.join()) ?? { names, metrics: [] };
    this.#directives.set(names.join(), directive);
    directive.metrics.push(name);
    Object.assign(this.#members, dimensions, { [name]: series.values.slice(0, MOST_VALUES) });
    series.values = series.values.slice(MOST_VALUES);
    return series.values.length === 0;
  }

  text(Namespace: string, Timestamp: number): string {
    const CloudWatchMetrics = [...this.#directives.values()].map(({ names, metrics }) => ({
      Namespace,
      Dimensions: [names],
      Metrics: metrics.map((Name) => ({ Name, Unit: unitOf(Name) })),
    }));
    return `${JSON.stringify({ _aws: { Timestamp, CloudWatchMetrics }, ...this.#members })}\n`;
  }
}

function unitOf(name: string): 'Seconds' | 'Bytes' | 'Count' {
  if (name.endsWith('_seconds')) return 'Seconds';
  return name.endsWith('_bytes_total') ? 'Bytes' : 'Count';
}
