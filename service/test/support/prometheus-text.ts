/** A page of metrics that has been read strictly. */
export interface ParsedMetrics {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The sum of the samples of this name that have these labels, whatever others they have; undefined for none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/;
const NUMBER = /^(?:[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN|Nan)$/;

/**
 * Reads Prometheus's text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/) and
 * throws at whatever it does not allow.
 */
export function parsePrometheus(text: string): ParsedMetrics {
  if (!text.endsWith('\n')) throw new Error('The last line has no end.');
  const types = new Map<string, string>();
  const helps = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [hash, word, name = '', ...rest] = line.split(' ');
    if (hash !== '#') samples.push(sampleOf(line, types));
    else if (word === 'HELP') addOnce(helps, name, line);
    else if (word === 'TYPE') types.set(addOnce(new Set(types.keys()), name, line), rest.join(' '));
    else throw new Error(`A comment that is none: ${line}`);
  }
  for (const type of types.values()) {
    if (!['counter', 'gauge', 'histogram', 'summary'].includes(type)) throw new Error(`No type: ${type}`);
  }
  const all = samples.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]));
  if (new Set(all).size !== all.length) throw new Error('A series is there twice.');
  checkHistograms(types, samples);
  return {
    types,
    samples,
    value(name, labels = {}) {
      const found = samples.filter(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      );
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

function addOnce(known: Set<string>, name: string, line: string): string {
  if (!NAME.test(name) || known.has(name)) throw new Error(`No name, or one that was there: ${line}`);
  known.add(name);
  return name;
}

function sampleOf(line: string, types: ReadonlyMap<string, string>): Sample {
  const [, name = '', labels = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (!NUMBER.test(number)) throw new Error(`No sample: ${line}`);
  const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
  if (!types.has(family)) throw new Error(`Nobody has said of what type this is: ${line}`);
  return { name, labels: labelsOf(labels, line), value: Number(number.replace('Inf', 'Infinity')) };
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let rest = text; rest !== ''; ) {
    const [whole, name, value] = LABEL.exec(rest) ?? [];
    if (whole === undefined || name === undefined || value === undefined || name in labels) {
      throw new Error(`No labels: ${line}`);
    }
    labels[name] = value;
    rest = rest.slice(whole.length);
  }
  return labels;
}

/** Classes grow, and the last of them is the count. */
function checkHistograms(types: ReadonlyMap<string, string>, samples: readonly Sample[]): void {
  for (const [family, type] of types) {
    if (type !== 'histogram') continue;
    const series = Map.groupBy(
      samples.filter(({ name }) => name === `${family}_bucket`),
      ({ labels: { le: _le, ...others } }) => JSON.stringify(others),
    );
    for (const [key, buckets] of series) {
      const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('Inf', 'Infinity')));
      const values = buckets.map(({ value }) => value);
      const grows = (list: readonly number[]) =>
        list.every((each, at) => at === 0 || each >= (list[at - 1] ?? 0));
      const count = samples.find(
        ({ name, labels }) => name === `${family}_count` && JSON.stringify(labels) === key,
      );
      if (!grows(bounds) || !grows(values) || bounds.at(-1) !== Number.POSITIVE_INFINITY) {
        throw new Error(`The classes of ${family} are not in order.`);
      }
      if (count?.value !== values.at(-1))
        throw new Error(`The count of ${family} is not that of all classes.`);
    }
  }
}
