import { bytesText } from '../terminal.ts';
import { type Bill, type BillLine, memoryOf } from './bill.ts';
import { consumptionWithTags, LISTING_SHARDS } from './figures.ts';
import { PAID_FOR, PRICES_OF, ratesOf } from './prices.ts';
import {
  ANSWER_BYTES,
  FUNCTION_LOG_BYTES,
  GATEWAY_LOG_BYTES,
  PAGE_BYTES,
  PRESET_BYTES,
  TIMED,
  TRACED_SHARE,
  type Usage,
} from './usage.ts';

/** The largest image that comes in through the gateway: service/src/compose/lambda.ts. */
const MOST_THROUGH_GATEWAY = 4 * 1024 * 1024;

/** What no line has, though AWS or others may ask for it. */
export const LEFT_OUT: readonly string[] = [
  'free tiers, savings plans and discounts (the first month or a small load costs less)',
  'data into AWS, which is free',
  "AWS's support plans, and tax",
  'Cognito (by users a month), a domain and its certificate, mails of alarms',
  'access logs of S3 and CloudFront, tags of scanned objects, invalidations',
  'cold starts, refused and repeated requests, clean-ups, and renditions of sizes that are asked for',
];

/** The bill for people. */
export function billText(usage: Usage, bill: Bill): string {
  return [
    heading(usage),
    '',
    ...table(usage, bill),
    '',
    'Assumed:',
    ...assumptions(usage).map(bullet),
    '',
    'Not in it:',
    ...LEFT_OUT.map(bullet),
    '',
    ...sources(usage, bill),
    '',
  ].join('\n');
}

const bullet = (line: string) => `  - ${line}`;
const amountText = (amount: number) => {
  const digits = amount >= 100 || Number.isInteger(amount) ? 0 : 2;
  return amount.toLocaleString('en-GB', { maximumFractionDigits: digits });
};
const dollars = (usd: number) =>
  usd.toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function heading(usage: Usage): string {
  const { uploads, views, lists, lists_of_all, downloads, updates, deletes } = usage;
  const counts = { uploads, views, lists, 'lists of all': lists_of_all, downloads, updates, deletes };
  const calls = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${amountText(count)} ${name}`)
    .join(', ');
  return (
    `A month of the stage ${usage.stage} in ${usage.region}, in US dollars: ${calls || 'no calls'}; ` +
    `${amountText(usage.images_stored)} images of ${bytesText(usage.average_bytes)} with ${usage.tags} tags stored; ` +
    `${usage.cdn ? 'CloudFront in front of the bucket' : 'objects straight from S3'}.`
  );
}

function table(usage: Usage, { lines, total_usd }: Bill): string[] {
  const rows = lines.map((line) => [
    line.service,
    line.what,
    `${amountText(line.amount)} ${line.unit}`,
    rateText(usage, line),
    dollars(line.usd),
  ]);
  rows.push(['Total', '', '', '', dollars(total_usd)]);
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const padded = (cell: string, at: number) =>
    at === 2 || at === 4 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
  return rows.map((row) => row.map(padded).join('  ').trimEnd());
}

function rateText({ region }: Usage, { price }: BillLine): string {
  const { steps, seen } = ratesOf(region)[price];
  const { per } = PAID_FOR[price];
  const first = steps[0]?.usd ?? 0;
  const of = per === 1 ? '' : ` per ${per.toLocaleString('en-GB')}`;
  return `at ${Number(first.toPrecision(6))}${of}${steps.length > 1 ? ', falling' : ''}${seen ? '' : ' (unconfirmed)'}`;
}

function assumptions(usage: Usage): string[] {
  const { durations, cdn, settings, tags, average_bytes, downloads } = usage;
  const times = TIMED.map((name) => `${name} ${durations[name]} ms at ${memoryOf(name)} MB`);
  const units = consumptionWithTags('upload-image', tags).write_units;
  return [
    `Lambda bills for a call, on average: ${times.join(', ')}. A guess: set yours with --duration.`,
    `DynamoDB: measured by npm run bench:cost (an upload with ${tags} tags ${amountText(units)} write units, in a ` +
      `straight line between what was measured), with records and rows under 1 KB; lists are pages of 50, those ` +
      `over all users of ${LISTING_SHARDS} shards; an update changes the title.`,
    `The presets of an image take ${bytesText(PRESET_BYTES)} together, a guess. Each upload is followed by a job of ` +
      `process-image, each deletion by one of withdraw-image.`,
    `${amountText(downloads)} downloads of objects; without --downloads, one a view.`,
    ...(cdn
      ? [
          `CloudFront has ${cdn.hit_rate * 100} % of the objects itself (--hit-rate); North America and Europe.`,
        ]
      : []),
    `An answer with one image has ${bytesText(ANSWER_BYTES)}, a page of 50 ${bytesText(PAGE_BYTES)}; a request logs ` +
      `${FUNCTION_LOG_BYTES + GATEWAY_LOG_BYTES} bytes, counted as kept uncompressed.`,
    `The stage: ${settings.malwareScan ? 'every new object is scanned' : 'no malware scan'}, ` +
      `${settings.bucketVersions ? 'deleted objects stay 30 days' : 'no versions in the bucket'}, ` +
      `${settings.tracing ? `traces of the first request a second and ${TRACED_SHARE * 100} % of the rest` : 'no tracing'}.`,
    'A GB is 10^9 bytes, a month 730 hours; calls come evenly.',
    ...(average_bytes > MOST_THROUGH_GATEWAY
      ? [
          `Images over ${bytesText(MOST_THROUGH_GATEWAY)} cannot come in through the gateway: the API refuses them with 413.`,
        ]
      : []),
  ];
}

/** What was read where, each source once. */
function sources({ region }: Usage, { lines }: Bill): string[] {
  const rates = ratesOf(region);
  const read = new Map<string, Set<string>>();
  for (const { price } of lines) {
    const { seen } = rates[price];
    const source = seen ? `${seen.where} (${seen.date})` : 'NOT CONFIRMED by any source, from memory';
    read.set(source, (read.get(source) ?? new Set()).add(PAID_FOR[price].what));
  }
  const pages = new Set(lines.map(({ price }) => PAID_FOR[price].page));
  return [
    `Prices as of ${PRICES_OF}, from stored sources and not from AWS's live pages: check them before you rely on them.`,
    ...[...read].map(([source, prices]) => bullet(`${source}: ${[...prices].join('; ')}`)),
    "AWS's own pages:",
    ...[...pages].map(bullet),
  ];
}
