import { parseArgs } from 'node:util';
import { stageNamed } from '../../../infra/src/stages.ts';
import { OperatorError } from '../../../service/src/domain/operator-error.ts';
import { MAX_TAGS } from '../../../service/src/domain/tag.ts';
import { isRegion, REGION_NAMES, type Region } from './prices.ts';
import { ASSUMED_DURATIONS, ASSUMED_HIT_RATE, TIMED, type Timed, type Usage } from './usage.ts';

/** A month's usage from the command's options, and how its bill is wanted. */
export interface WantedBill {
  readonly usage: Usage;
  readonly json: boolean;
}

const text = { type: 'string' } as const;
const OPTIONS = {
  uploads: { ...text, default: '0' },
  views: { ...text, default: '0' },
  lists: { ...text, default: '0' },
  'lists-of-all': { ...text, default: '0' },
  downloads: text,
  updates: { ...text, default: '0' },
  deletes: { ...text, default: '0' },
  'average-size': { ...text, default: '800KB' },
  tags: { ...text, default: '5' },
  'images-stored': text,
  'months-kept': text,
  cdn: { type: 'boolean', default: false },
  'hit-rate': text,
  duration: { type: 'string', multiple: true, default: [] as string[] },
  region: { ...text, default: 'us-east-1' },
  stage: { ...text, default: 'prod' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const USUAL_MONTHS_KEPT = 12;

/** @throws OperatorError that names the option. */
export function readUsage(args: readonly string[]): WantedBill | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const count = (name: 'uploads' | 'views' | 'lists' | 'lists-of-all' | 'updates' | 'deletes') =>
    numberFrom(`--${name}`, values[name]);
  const [uploads, views, deletes] = [count('uploads'), count('views'), count('deletes')];
  const usage: Usage = {
    region: regionFrom(values.region),
    ...stageFrom(values.stage),
    uploads,
    views,
    lists: count('lists'),
    lists_of_all: count('lists-of-all'),
    downloads: values.downloads === undefined ? views : numberFrom('--downloads', values.downloads),
    updates: count('updates'),
    deletes,
    average_bytes: bytesFrom('--average-size', values['average-size']),
    tags: numberFrom('--tags', values.tags, MAX_TAGS),
    images_stored: storedFrom(values['images-stored'], values['months-kept'], Math.max(0, uploads - deletes)),
    ...cdnFrom(values.cdn, values['hit-rate']),
    durations: { ...ASSUMED_DURATIONS, ...durationsFrom(values.duration) },
  };
  return { usage, json: values.json };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new OperatorError(error instanceof Error ? error.message : String(error));
  }
}

/** More than a month can have of anything. */
const MOST = 1e15;

const NUMBER = /^\d+(\.\d+)?(e\d{1,2})?$/i;

function numberFrom(option: string, value: string, most?: number): number {
  const number = NUMBER.test(value) ? Number(value) : Number.NaN;
  if (number <= (most ?? MOST)) return number;
  const wanted = most === undefined ? 'a number such as 250 or 1e6' : `a number from 0 to ${most}`;
  throw new OperatorError(`${option} must be ${wanted}, not ${JSON.stringify(value)}.`);
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

function bytesFrom(option: string, value: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMG]?i?B)$/i.exec(value.trim()) ?? [];
  const bytes = Number(amount) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (!(bytes > 0)) {
    throw new OperatorError(
      `${option} must be a size with its unit, such as 800KB or 3MB, not ${JSON.stringify(value)}.`,
    );
  }
  return bytes;
}

function regionFrom(value: string): Region {
  if (isRegion(value)) return value;
  throw new OperatorError(
    `--region ${JSON.stringify(value)} is not in the table of prices, which has ${REGION_NAMES.join(' and ')}.`,
  );
}

function stageFrom(value: string): Pick<Usage, 'stage' | 'settings'> {
  try {
    const { name, auditDays, bucketVersions, logDays, malwareScan, tracing } = stageNamed(value);
    return { stage: name, settings: { auditDays, bucketVersions, logDays, malwareScan, tracing } };
  } catch (error) {
    throw new OperatorError(`--stage: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function storedFrom(stored: string | undefined, months: string | undefined, added: number): number {
  if (stored !== undefined && months !== undefined) {
    throw new OperatorError('--images-stored and --months-kept exclude each other: give one of them.');
  }
  if (stored !== undefined) return numberFrom('--images-stored', stored);
  return added * (months === undefined ? USUAL_MONTHS_KEPT : numberFrom('--months-kept', months));
}

function cdnFrom(cdn: boolean, hitRate: string | undefined): Pick<Usage, 'cdn'> {
  if (!cdn && hitRate !== undefined) throw new OperatorError('--hit-rate needs --cdn beside it.');
  if (!cdn) return {};
  return {
    cdn: { hit_rate: hitRate === undefined ? ASSUMED_HIT_RATE : numberFrom('--hit-rate', hitRate, 1) },
  };
}

function durationsFrom(given: readonly string[]): Partial<Record<Timed, number>> {
  const pairs = given.map((each) => {
    const [name = '', milliseconds = ''] = each.split('=');
    const known = TIMED.find((operation) => operation === name);
    if (!known) {
      throw new OperatorError(
        `--duration takes OPERATION=MILLISECONDS with one of ${TIMED.join(', ')}, not ${JSON.stringify(each)}.`,
      );
    }
    return [known, numberFrom(`--duration ${name}`, milliseconds, 29_000)];
  });
  return Object.fromEntries(pairs);
}
