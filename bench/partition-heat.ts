import {
  feedPartition,
  shardOf,
  tagPartition,
  userPartition,
  userTagPartition,
} from '../service/src/drivers/aws/listing-keys.ts';
import { seededRandom } from './seeded-random.ts';

/** What a partition of DynamoDB takes: units written a second, of table and index alike. */
export const PARTITION_UNITS = 1000;

/** The kinds of partition keys that gather what many uploads write: of the table, and of its index. */
export const TABLE_KINDS = ['USER', 'UTAG'] as const;
export const INDEX_KINDS = ['FEED', 'TAG'] as const;
export type Kind = (typeof TABLE_KINDS)[number] | (typeof INDEX_KINDS)[number];

/**
 * Every row is written twice: by the upload, and by process-image with the image's placeholder and presets. A
 * transaction doubles what is written to tables, not to their indexes.
 */
export const UNITS: Readonly<Record<Kind, number>> = { USER: 4, UTAG: 4, FEED: 2, TAG: 2 };

/** The record's, whose key is the image's own: no two uploads write it. */
export const RECORD_UNITS = 4;

/** The note of the upload's job, which is written with it, and removed when the job has arrived. */
export const NOTE_UNITS = 3;

/** The event of the upload in `audit`, and its entry in that table's index: half of what the feed gets, or less. */
export const EVENT_UNITS = 3;

/** The user's counter in `ledger`: a quarter of what the user's own partition of `listings` gets. */
export const QUOTA_UNITS = 1;

/** Who uploads what: both by Zipf's law, by which the n-th most frequent is n^-exponent as frequent as the first. */
export interface Crowd {
  readonly users: number;
  readonly userExponent: number;
  readonly tags: number;
  readonly tagExponent: number;
  readonly tagsOfAnImage: number;
}

export const USUAL_CROWD: Crowd = {
  users: 1_000_000,
  userExponent: 0.8,
  tags: 100_000,
  tagExponent: 0.8,
  tagsOfAnImage: 5,
};

export interface Upload {
  readonly image_id: string;
  readonly user_id: string;
  readonly tags: readonly string[];
}

/** The keys of the table `listings` that an upload writes to. */
export function tableKeysOf({ user_id, tags }: Upload): [Kind, string][] {
  return [
    ['USER', userPartition(user_id)],
    ...tags.map((tag): [Kind, string] => ['UTAG', userTagPartition(user_id, tag)]),
  ];
}

/** Those of its index over all users. */
export function indexKeysOf({ image_id, tags }: Upload, shards: number): [Kind, string][] {
  const shard = shardOf(image_id, shards);
  return [
    ['FEED', feedPartition(shard)],
    ...tags.map((tag): [Kind, string] => ['TAG', tagPartition(tag, shard)]),
  ];
}

/** Uploads without end, the same ones in every run. */
export function* uploadsOf(crowd: Crowd, seed: number): Generator<Upload, never> {
  const random = seededRandom(seed);
  const userAt = zipf(crowd.users, crowd.userExponent, random);
  const tagAt = zipf(crowd.tags, crowd.tagExponent, random);
  for (let made = 0; ; made++) {
    const tags = new Set<string>();
    while (tags.size < crowd.tagsOfAnImage) tags.add(`tag-${tagAt()}`);
    // Only the random end of an id decides about shards.
    const end = Math.floor(random() * 2 ** 32);
    const image_id = `${made}-${end.toString(16).padStart(8, '0')}`;
    yield { image_id, user_id: `user-${userAt()}`, tags: [...tags] };
  }
}

/** Draws ranks, 0 the most frequent. */
export function zipf(count: number, exponent: number, random: () => number): () => number {
  const upTo = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) {
    sum += (rank + 1) ** -exponent;
    upTo[rank] = sum;
  }
  return () => {
    const drawn = random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** The units that the hottest key of a kind gets a second. */
export interface Heat {
  readonly key: string;
  /** Over all seconds. */
  readonly mean: number;
  /** In its worst second, which may be another key's. */
  readonly worst: number;
}

export interface HeatOfARate {
  readonly table: Readonly<Record<(typeof TABLE_KINDS)[number], Heat>>;
  /** By number of shards. */
  readonly index: ReadonlyMap<number, Readonly<Record<(typeof INDEX_KINDS)[number], Heat>>>;
}

/** Lets uploads come at a rate for so many seconds and says what the hottest key of each kind got. */
export function heatOf(
  crowd: Crowd,
  { rate, seconds, shards, seed }: { rate: number; seconds: number; shards: readonly number[]; seed: number },
): HeatOfARate {
  const uploads = uploadsOf(crowd, seed);
  const table = new Thermometer();
  const indexes = new Map(shards.map((count) => [count, new Thermometer()]));
  for (let second = 0; second < seconds; second++) {
    for (let made = 0; made < rate; made++) {
      const upload = uploads.next().value;
      table.add(tableKeysOf(upload));
      for (const [count, index] of indexes) index.add(indexKeysOf(upload, count));
    }
    for (const each of [table, ...indexes.values()]) each.endSecond();
  }
  return {
    table: { USER: table.hottest('USER', seconds), UTAG: table.hottest('UTAG', seconds) },
    index: new Map(
      [...indexes].map(([count, index]) => [
        count,
        { FEED: index.hottest('FEED', seconds), TAG: index.hottest('TAG', seconds) },
      ]),
    ),
  };
}

/** Adds up units by key, in this second and in all. */
class Thermometer {
  #now = new Map<string, number>();
  readonly #total = new Map<string, number>();
  readonly #worst = new Map<string, number>();

  add(keys: readonly (readonly [Kind, string])[]): void {
    for (const [kind, key] of keys) this.#now.set(key, (this.#now.get(key) ?? 0) + UNITS[kind]);
  }

  endSecond(): void {
    for (const [key, units] of this.#now) {
      const kind = key.slice(0, key.indexOf('#'));
      this.#worst.set(kind, Math.max(this.#worst.get(kind) ?? 0, units));
      this.#total.set(key, (this.#total.get(key) ?? 0) + units);
    }
    this.#now = new Map();
  }

  hottest(kind: Kind, seconds: number): Heat {
    let [best, most] = ['', 0];
    for (const [key, units] of this.#total) {
      if (units > most && key.startsWith(`${kind}#`)) [best, most] = [key, units];
    }
    return { key: best, mean: most / seconds, worst: this.#worst.get(kind) ?? 0 };
  }
}

/** From how many uploads a second on a key that gets this share of them, over so many shards, is too hot. */
export function throttlesFrom(kind: Kind, share: number, shards: number): number {
  return (PARTITION_UNITS * shards) / (UNITS[kind] * share);
}
