import { FUNCTIONS } from '../../../service/src/operations/manifest.ts';
import {
  alarmMetricsOf,
  KEY_REQUESTS_A_MONTH,
  PAID_METRICS,
  POLLS_A_MONTH,
  RULES_OF_A_WALL,
} from './deployed.ts';
import {
  type Consumption,
  consumptionOf,
  consumptionWithTags,
  STORED_EVENT_BYTES,
  storedWithTags,
} from './figures.ts';
import { PAID_FOR, type PriceName, priceOf, ratesOf } from './prices.ts';
import {
  ANSWER_BYTES,
  type Called,
  DELETED_KEPT_MONTHS,
  type Following,
  FUNCTION_LOG_BYTES,
  GATEWAY_LOG_BYTES,
  PAGE_BYTES,
  PRESET_BYTES,
  PRESETS_OF_AN_IMAGE,
  REQUESTS_OF_A_JOB,
  TIMED,
  type Timed,
  TRACED_SHARE,
  type Usage,
} from './usage.ts';

export interface BillLine {
  readonly service: string;
  readonly what: string;
  readonly amount: number;
  readonly unit: string;
  readonly price: PriceName;
  readonly usd: number;
}

export interface Bill {
  readonly lines: readonly BillLine[];
  readonly total_usd: number;
}

type Draft = readonly [service: string, what: string, price: PriceName, amount: number];

const GB = 1e9;
const SECONDS = 730 * 3600;
const DAYS_OF_A_MONTH = 730 / 24;

/** The month's bill, line by line. */
export function billOf(usage: Usage): Bill {
  const rates = ratesOf(usage.region);
  const drafts = [
    ...storage(usage),
    ...database(usage),
    ...requests(usage),
    ...transfer(usage),
    ...watching(usage),
  ];
  const lines = drafts
    .filter(([, , , amount]) => amount > 0)
    .map(([service, what, price, amount]) => ({
      service,
      what,
      amount,
      unit: PAID_FOR[price].unit,
      price,
      usd: priceOf(rates, price, amount),
    }));
  return { lines, total_usd: lines.reduce((sum, { usd }) => sum + usd, 0) };
}

/** How often each operation is called. */
export function callsOf(usage: Usage): Readonly<Record<Called, number>> {
  return {
    'upload-image': usage.uploads,
    'view-image': usage.views,
    'list-images': usage.lists + usage.lists_of_all,
    'update-image': usage.updates,
    'delete-image': usage.deletes,
  };
}

/** How often each job is done. */
function jobsOf({ uploads, deletes }: Usage): Readonly<Record<Following, number>> {
  return { 'process-image': uploads, 'withdraw-image': deletes };
}

const totalOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** All that the month's calls consume, by the measured figures. */
function consumed(usage: Usage): Consumption {
  const parts: readonly (readonly [number, Consumption])[] = [
    [usage.uploads, consumptionWithTags('upload-image', usage.tags)],
    [usage.views, consumptionOf('view-image')],
    [usage.lists, consumptionOf('list-images, 50 of a user')],
    [usage.lists_of_all, consumptionOf('list-images, 50 of all')],
    [usage.updates, consumptionWithTags('update-image, title', usage.tags)],
    [usage.deletes, consumptionWithTags('delete-image', usage.tags)],
    [usage.uploads, consumptionWithTags('process-image', usage.tags)],
    [usage.deletes, consumptionWithTags('withdraw-image', usage.tags)],
  ];
  const sum = (name: keyof Consumption) => parts.reduce((all, [calls, each]) => all + calls * each[name], 0);
  return {
    read_units: sum('read_units'),
    write_units: sum('write_units'),
    s3_puts: sum('s3_puts'),
    s3_gets: sum('s3_gets'),
  };
}

function storage(usage: Usage): Draft[] {
  const { settings, uploads, downloads, average_bytes, images_stored, deletes, cdn } = usage;
  const { s3_puts, s3_gets } = consumed(usage);
  // The scan reads every new object once, presets too, and tags it.
  const scanned = settings.malwareScan ? uploads : 0;
  const scans = scanned * (1 + PRESETS_OF_AN_IMAGE);
  const fetched = downloads * (cdn ? 1 - cdn.hit_rate : 1);
  const kept = settings.bucketVersions ? deletes * DELETED_KEPT_MONTHS : 0;
  return [
    ['S3', 'images', 's3_storage', (images_stored * average_bytes) / GB],
    ['S3', 'presets of images', 's3_storage', (images_stored * PRESET_BYTES) / GB],
    ['S3', 'deleted images, kept as versions', 's3_storage', (kept * average_bytes) / GB],
    ['S3', 'PUT: uploads, presets, lists, tags of the scan', 's3_put', s3_puts + scans],
    [
      'S3',
      cdn ? 'GET: what the CDN has not, decoding, the scan' : 'GET: downloads, decoding, the scan',
      's3_get',
      fetched + s3_gets + scans,
    ],
    ['GuardDuty', 'new objects', 'scan_objects', scans],
    ['GuardDuty', 'their bytes', 'scan_bytes', (scanned * (average_bytes + PRESET_BYTES)) / GB],
  ];
}

function database(usage: Usage): Draft[] {
  const { write_units, read_units } = consumed(usage);
  const { images, listings, everyone } = storedWithTags(usage.tags);
  const gigabytes = (bytes: number) => (usage.images_stored * bytes) / GB;
  const events = (eventsKept(usage) * STORED_EVENT_BYTES) / GB;
  return [
    ['DynamoDB', 'writes', 'dynamodb_write', write_units],
    ['DynamoDB', 'reads', 'dynamodb_read', read_units],
    ['DynamoDB', 'records', 'dynamodb_storage', gigabytes(images)],
    ['DynamoDB', 'rows of listings', 'dynamodb_storage', gigabytes(listings)],
    ['DynamoDB', 'their index over all users', 'dynamodb_storage', gigabytes(everyone)],
    ['DynamoDB', 'events of the audit, and their index', 'dynamodb_storage', 2 * events],
    [
      'DynamoDB',
      'point-in-time recovery of these tables',
      'dynamodb_recovery',
      gigabytes(images + listings) + events,
    ],
    ['KMS', "the tables' keys", 'key_requests', KEY_REQUESTS_A_MONTH],
  ];
}

/** Every change has one; as many as there are once the service has run for as long as they are kept. */
function eventsKept({ uploads, updates, deletes, settings }: Usage): number {
  return ((uploads + updates + deletes) * settings.auditDays) / DAYS_OF_A_MONTH;
}

function requests(usage: Usage): Draft[] {
  const calls = callsOf(usage);
  const all = totalOf(calls);
  const jobs = totalOf(jobsOf(usage));
  const walls = usage.cdn ? 2 : 1;
  return [
    ['Lambda', 'requests', 'lambda_requests', all + jobs],
    ['Lambda', 'compute', 'lambda_compute', totalOf(computeOf(usage))],
    ['API Gateway', 'requests', 'api_requests', all],
    ['WAF', usage.cdn ? 'walls of the API and the CDN' : 'wall of the API', 'waf_wall', walls],
    ['WAF', 'their rules', 'waf_rule', walls * RULES_OF_A_WALL],
    ['WAF', 'requests looked at', 'waf_requests', all + (usage.cdn ? usage.downloads : 0)],
    [
      'SQS',
      'jobs, and asking for them though there are none',
      'queue_requests',
      jobs * REQUESTS_OF_A_JOB + POLLS_A_MONTH,
    ],
    ['Secrets Manager', 'the signing secret', 'secrets', 1],
  ];
}

/** GB-seconds: the memory is that of the manifest, as TIMED are the functions there. */
function computeOf(usage: Usage): Readonly<Record<Timed, number>> {
  const calls = { ...callsOf(usage), ...jobsOf(usage) };
  const of = (name: Timed) => (calls[name] * memoryOf(name) * usage.durations[name]) / (1024 * 1000);
  return Object.fromEntries(TIMED.map((name) => [name, of(name)])) as Record<Timed, number>;
}

/** Of a function, in MB. */
export function memoryOf(name: Timed): number {
  const row = FUNCTIONS.find((known) => known.name === name);
  if (!row) throw new Error(`The manifest has no function ${name}.`);
  return row.memory_mb;
}

function transfer(usage: Usage): Draft[] {
  const { uploads, views, updates, lists, lists_of_all, downloads, average_bytes, cdn } = usage;
  const answers = (uploads + views + updates) * ANSWER_BYTES + (lists + lists_of_all) * PAGE_BYTES;
  const objects = downloads * average_bytes;
  if (!cdn) return [['Transfer', 'objects and answers of the API', 'egress', (objects + answers) / GB]];
  return [
    ['Transfer', 'answers of the API', 'egress', answers / GB],
    ['CloudFront', 'requests', 'cloudfront_requests', downloads],
    ['CloudFront', 'objects', 'cloudfront_egress', objects / GB],
  ];
}

function watching(usage: Usage): Draft[] {
  const all = totalOf(callsOf(usage));
  const jobs = totalOf(jobsOf(usage));
  const logs = ((all + jobs) * FUNCTION_LOG_BYTES + all * GATEWAY_LOG_BYTES) / GB;
  return [
    ['CloudWatch', 'alarms', 'alarms', alarmMetricsOf({ ...usage.settings, edge: usage.cdn })],
    ['CloudWatch', 'metrics of each method and of the bucket', 'metrics', PAID_METRICS],
    ['CloudWatch', 'dashboard', 'dashboards', 1],
    ['CloudWatch', 'logs, taken in', 'logs_in', logs],
    [
      'CloudWatch',
      `logs, kept for ${usage.settings.logDays} days`,
      'logs_kept',
      (logs * usage.settings.logDays) / 30,
    ],
    ['X-Ray', 'traces', 'traces', usage.settings.tracing ? tracesOf(all) : 0],
  ];
}

/** Of requests that come evenly. */
function tracesOf(all: number): number {
  const always = Math.min(all, SECONDS);
  return always + TRACED_SHARE * (all - always);
}
