import {
  type Crowd,
  type Heat,
  heatOf,
  PARTITION_UNITS,
  throttlesFrom,
  USUAL_CROWD,
} from './partition-heat.ts';

const SEED = 1;
const RATES = [
  { rate: 1, seconds: 3600 },
  { rate: 100, seconds: 300 },
  { rate: 10_000, seconds: 3 },
];
const SHARDS = [1, 4, 8];
const SHARES = [0.01, 0.05, 0.1, 0.25, 1];

const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const header = (cells: readonly string[]) => [row(cells), row(cells.map(() => '---'))];
const rounded = (units: number) =>
  units >= 10 ? Math.round(units).toLocaleString('en-GB') : Number(units.toPrecision(2));
const marked = (units: number) => `${rounded(units)}${units > PARTITION_UNITS ? ' (!)' : ''}`;
const cell = ({ mean, worst }: Heat) => `${marked(mean)} / ${marked(worst)}`;

/**
 * What the hottest partition keys get under skewed users and tags, and from which rate on that is more
 * than a partition takes: the same in every run, as docs/scaling.md has it.
 */
export function heatReport(): string {
  return [...parameters(USUAL_CROWD), '', ...heat(), '', ...thresholds(), ''].join('\n');
}

function parameters({ users, userExponent, tags, tagExponent, tagsOfAnImage }: Crowd): string[] {
  return [
    `${users.toLocaleString('en-GB')} users (Zipf ${userExponent}), ${tags.toLocaleString('en-GB')} tags ` +
      `(Zipf ${tagExponent}), ${tagsOfAnImage} different tags an image, seed ${SEED}.`,
    `Write units a second of the hottest key: mean / in the worst second. (!): over ${PARTITION_UNITS}.`,
    'FEED and TAG of 1, 4 and 8: the index with so many LISTING_SHARDS.',
  ];
}

function heat(): string[] {
  const indexes = SHARDS.flatMap((shards) => [`FEED of ${shards}`, `TAG of ${shards}`]);
  const rows = RATES.map(({ rate, seconds }) => {
    const { table, index } = heatOf(USUAL_CROWD, { rate, seconds, shards: SHARDS, seed: SEED });
    const cells = SHARDS.flatMap((shards) => {
      const found = index.get(shards);
      return found ? [cell(found.FEED), cell(found.TAG)] : [];
    });
    return row([rate.toLocaleString('en-GB'), cell(table.USER), cell(table.UTAG), ...cells]);
  });
  return [...header(['uploads/s', 'USER', 'UTAG', ...indexes]), ...rows];
}

function thresholds(): string[] {
  const columns = SHARDS.map((shards) => `index, LISTING_SHARDS=${shards}`);
  const rows = SHARES.map((share) => {
    const limits = SHARDS.map((shards) => rounded(throttlesFrom('TAG', share, shards)));
    const name = share === 1 ? '100 % (FEED; a tag on everything)' : `${share * 100} %`;
    return row([name, ...limits, rounded(throttlesFrom('USER', share, 1))]);
  });
  return [
    'From so many uploads a second on, on average, a key is over its limit:',
    '',
    ...header(['share of all uploads', ...columns, 'USER or UTAG']),
    ...rows,
  ];
}
