import type { ImageRecord } from '../../domain/image.ts';
import { SEARCHED_FIELDS, searchedTexts } from '../../domain/search.ts';

/** The index behind an alias; a definition that differs gets another number. */
export function searchIndexBehind(alias: string): string {
  return `${alias}-v1`;
}

/** Of the field with an image's tags as they are: what is in `tags` are the words of them. */
export const EXACT_TAGS = 'exact_tags';

/** In which of its user's lists an image is: that of its status, or the trash, whatever the status. */
export type ListedState = ImageRecord['status'] | 'deleted';

/**
 * What the index is made with. Texts come as words with a space between them (domain/search-words.ts) and are parted
 * at that, so that the engine's own notion of a word decides nothing; a tag is a value of its own, and phrases do not
 * go from one to the next. The beginnings of words are in the index too, up to 8 letters: a prefix is then a word
 * like others, however many words go on from it. `dynamic: strict` refuses what is not named here.
 */
export const INDEX_DEFINITION = {
  settings: {
    // A record is some hundred bytes here: one shard is enough for tens of millions.
    number_of_shards: 1,
    auto_expand_replicas: '0-1',
    analysis: {
      tokenizer: { spaces: { type: 'whitespace', max_token_length: 100_000 } },
      analyzer: { words: { type: 'custom', tokenizer: 'spaces' } },
    },
  },
  mappings: {
    dynamic: 'strict',
    // Records are in DynamoDB: texts are not kept once more.
    _source: { enabled: false },
    properties: {
      ...Object.fromEntries(SEARCHED_FIELDS.map((field) => [field, wordsField()])),
      [EXACT_TAGS]: exactField(),
      user_id: exactField(),
      state: exactField(),
      /** Milliseconds since 1970. */
      upload_time: { type: 'long' },
      /** For the order alone. */
      image_id: { type: 'keyword', index: false },
    },
  },
} as const;

function wordsField() {
  return {
    type: 'text',
    analyzer: 'words',
    norms: false,
    position_increment_gap: 100,
    index_prefixes: { min_chars: 1, max_chars: 8 },
  } as const;
}

function exactField() {
  return { type: 'keyword', doc_values: false } as const;
}

export type SearchDocument = Readonly<Record<string, string | number | readonly string[]>>;

export function documentOf(record: ImageRecord): SearchDocument {
  return {
    ...searchedTexts(record),
    [EXACT_TAGS]: record.tags,
    user_id: record.user_id,
    state: stateOf(record),
    upload_time: Date.parse(record.upload_time),
    image_id: record.image_id,
  };
}

function stateOf({ status, deleted_at }: ImageRecord): ListedState {
  return deleted_at === null ? status : 'deleted';
}

/** How many bits each counter has. */
const BITS = 20n;
const MOST = 2n ** BITS - 1n;

/** Within a version, revision and background revision an image goes on from each of these to the next alone. */
const PHASES: Readonly<Record<ImageRecord['status'], bigint>> = {
  pending: 0n,
  scanning: 1n,
  ready: 2n,
  rejected: 2n,
};

/**
 * Which of two states of a record is the newer one, as one number below 2^62 for the engine's external versions:
 * `version` decides, then `revision`, `background_revision` and the status. Beyond a million of one of them order is
 * lost, and the last that is written stays.
 */
export function documentVersion({ version, revision, background_revision, status }: ImageRecord): bigint {
  const counters = [version, revision, background_revision].reduce(
    (all, counter) => (all << BITS) | least(BigInt(counter), MOST),
    0n,
  );
  return (counters << 2n) | PHASES[status];
}

/** Newer than every state: ids are never used again. */
export const GONE_VERSION = 2n ** 62n;

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
