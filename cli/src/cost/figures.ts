import measured from './measured.json' with { type: 'json' };

/**
 * What operations consume, as `npm run bench:cost -- --write` has measured it;
 * service/test/aws/cost-figures.test.ts measures again and compares.
 */
export interface Consumption {
  readonly read_units: number;
  readonly write_units: number;
  /** Requests that S3 charges as PUT, and those that it charges as GET; it asks nothing for deletions. */
  readonly s3_puts: number;
  readonly s3_gets: number;
}

export interface Stored {
  readonly images: number;
  readonly listings: number;
  readonly everyone: number;
}

type Operations = typeof measured.operations;

/** Over how many shards lists of all users were measured. */
export const LISTING_SHARDS = measured.listing_shards;

const AS_PUT = /^(Put|Copy|Post|List|CreateMultipart|UploadPart|CompleteMultipart)/;
const FREE = /^(Delete|Abort)/;

/** Of an operation that costs the same whatever tags there are. */
export function consumptionOf(operation: keyof Operations): Consumption {
  const { read_units, write_units, s3 } = measured.operations[operation];
  const requests = Object.entries<number>(s3);
  const counted = (is: (kind: string) => boolean) =>
    requests.filter(([kind]) => is(kind)).reduce((sum, [, times]) => sum + times, 0);
  return {
    read_units,
    write_units,
    s3_puts: counted((kind) => AS_PUT.test(kind)),
    s3_gets: counted((kind) => !AS_PUT.test(kind) && !FREE.test(kind)),
  };
}

/** Of an operation on an image with so many tags, on average: between what was measured, in a straight line. */
export function consumptionWithTags(
  operation: 'upload-image' | 'process-image' | 'update-image, title' | 'delete-image' | 'withdraw-image',
  tags: number,
): Consumption {
  return between(tags, (count) => consumptionOf(`${operation}, ${count} tags`));
}

/** What an image with so many tags takes in DynamoDB, in bytes, with what is billed beside its attributes. */
export function storedWithTags(tags: number): Stored {
  return between(tags, (count) => measured.stored_bytes[count]);
}

/** What an event of the audit takes, in its table and once more in the index. */
export const STORED_EVENT_BYTES = measured.stored_event_bytes;

const MEASURED_TAGS = [0, 5, 10, 20] as const;
type MeasuredTags = (typeof MEASURED_TAGS)[number];

function between<Name extends string>(
  tags: number,
  at: (count: MeasuredTags) => Readonly<Record<Name, number>>,
): Record<Name, number> {
  const upper = MEASURED_TAGS.find((count) => count >= tags) ?? 20;
  const lower = MEASURED_TAGS.findLast((count) => count <= tags) ?? 0;
  const share = upper === lower ? 0 : (tags - lower) / (upper - lower);
  const [low, high] = [at(lower), at(upper)];
  const entries = Object.entries<number>(low).map(([name, value]) => [
    name,
    value + share * (high[name as Name] - value),
  ]);
  return Object.fromEntries(entries) as Record<Name, number>;
}
