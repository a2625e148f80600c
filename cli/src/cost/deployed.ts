import { functionsOf, queuesOf } from '../../../infra/src/rows.ts';
import { tableDefinitions } from '../../../service/src/drivers/aws/tables.ts';
import { BACKGROUND, OPERATIONS } from '../../../service/src/operations/manifest.ts';
import type { BackgroundRow } from '../../../service/src/operations/manifest-rows.ts';

/** What an installation has, whatever its load: as infra/src makes it from the same manifest and tables. */

const DEFINITIONS = Object.values(
  tableDefinitions({ images: 'images', listings: 'listings', ledger: 'ledger', audit: 'audit' }),
);

const TABLES = DEFINITIONS.length;

const INDEXES = DEFINITIONS.reduce(
  (sum, { create }) => sum + (create.GlobalSecondaryIndexes?.length ?? 0),
  0,
);

const WITHOUT_SEARCH = new Set<string>(functionsOf({}).map(({ name }) => name));

const FED_BY_QUEUES = BACKGROUND.filter(
  ({ name, trigger }: BackgroundRow) => 'queue' in trigger && WITHOUT_SEARCH.has(name),
);

const STARTED_BY_CLOCKS = BACKGROUND.filter(
  ({ trigger }: BackgroundRow) => 'every_minutes' in trigger,
).length;

interface Watched {
  readonly malwareScan: boolean;
  /** Whatever says that there is one. */
  readonly edge?: object | undefined;
  readonly search?: object | undefined;
}

/** A part that is gone, writes that are blocked, how far it is behind, and what it has not seen. */
const OF_A_SEARCH = 4;

/**
 * How many metrics the alarms are on, as infra/src/watch.ts makes them: errors, throttles and duration of each function; of the API a rate (two metrics),
 * latency and refusals; of each table throttles (two) and failures, of each index throttles (two); of
 * each queue dead letters; of each clock what it could not start; the bucket's 5xx; where it is scanned, what could not
 * be told of that.
 */
export function alarmMetricsOf({ malwareScan, ...parts }: Watched): number {
  const functions = functionsOf(parts).length;
  const queues = queuesOf(parts).length;
  const always = functions * 3 + 4 + TABLES * 3 + INDEXES * 2 + queues + STARTED_BY_CLOCKS + 1;
  return always + (malwareScan ? 1 : 0) + (parts.search ? OF_A_SEARCH : 0);
}

/** Each method of the gateway has these to itself: Count, Latency, IntegrationLatency, 4XXError, 5XXError. */
const OF_A_METHOD = 5;

/** The bucket's own: all, GET, PUT, DELETE and HEAD requests, bytes both ways, 4xx, 5xx, and two latencies. */
const OF_THE_BUCKET = 11;

const METHODS = OPERATIONS.reduce((sum, { aliases }) => sum + 1 + aliases.length, 0);

/** Those that CloudWatch bills as if they were one's own. */
export const PAID_METRICS = METHODS * OF_A_METHOD + OF_THE_BUCKET;

/** infra/src/wall.ts: one rule of our own, three groups of AWS's. */
export const RULES_OF_A_WALL = 4;

/** Where Lambda asks a queue for messages: five long polls at a time, of up to 20 seconds. */
export const POLLS_A_MONTH = FED_BY_QUEUES.length * ((5 * 730 * 3600) / 20);

/**
 * DynamoDB asks KMS for a table's key every five minutes for each caller, who is a function's role:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
 */
export const KEY_REQUESTS_A_MONTH =
  functionsOf({}).reduce(
    (sum, { touches }) =>
      sum + ['images', 'listings', 'ledger', 'audit'].filter((table) => table in touches).length,
    0,
  ) *
  (730 * 12);
