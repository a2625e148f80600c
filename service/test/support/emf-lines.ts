/** A line that CloudWatch takes metrics from. */
interface EmfLine {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly EmfDirective[];
  };
  readonly [member: string]: unknown;
}

interface EmfDirective {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

/** What CloudWatch would make of a line: a value of a metric with its dimensions. */
export interface EmfValue {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

const UNITS = ['Seconds', 'Bytes', 'Count'];

/**
 * Reads a line by the schema of the Embedded Metric Format, and throws at what it does not allow
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */
export function readEmf(text: string): EmfValue[] {
  if (!text.endsWith('\n') || text.indexOf('\n') !== text.length - 1) throw new Error('It is not one line.');
  const line = JSON.parse(text) as EmfLine;
  const { Timestamp, CloudWatchMetrics } = line._aws;
  if (!Number.isSafeInteger(Timestamp)) throw new Error('It has no time.');
  const found = CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => {
    const [names = [], ...others] = Dimensions;
    if (others.length > 0 || names.length > 30 || Metrics.length > 100)
      throw new Error('There is too much of it.');
    const dimensions = Object.fromEntries(names.map((name) => [name, textIn(line, name)]));
    return Metrics.map(({ Name, Unit }) => {
      if (!UNITS.includes(Unit)) throw new Error(`CloudWatch does not know ${Unit}.`);
      return { namespace: Namespace, name: Name, unit: Unit, dimensions, values: numbersIn(line, Name) };
    });
  });
  const members = Object.keys(line).filter((name) => name !== '_aws');
  const named = new Set(found.flatMap(({ name, dimensions }) => [name, ...Object.keys(dimensions)]));
  if (members.some((name) => !named.has(name))) throw new Error('It says something that nobody asked for.');
  return found;
}

function textIn(line: EmfLine, name: string): string {
  const value = line[name];
  if (typeof value !== 'string' || value === '' || value.length > 1024)
    throw new Error(`${name} is no dimension.`);
  return value;
}

function numbersIn(line: EmfLine, name: string): number[] {
  const values = line[name];
  if (!Array.isArray(values) || values.length === 0 || values.length > 100)
    throw new Error(`${name} has no values.`);
  return values.map((value: unknown) => {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new Error(`${name} has a value that is none.`);
    return value;
  });
}
