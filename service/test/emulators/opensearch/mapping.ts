import * as z from 'zod';
import { Refusal } from './refusal.ts';

const text = z.strictObject({
  type: z.literal('text'),
  analyzer: z.string(),
  norms: z.boolean(),
  position_increment_gap: z.int().min(1),
  // OpenSearch's own bounds.
  index_prefixes: z.strictObject({ min_chars: z.int().min(1), max_chars: z.int().max(19) }),
});
const keyword = z.strictObject({
  type: z.literal('keyword'),
  index: z.boolean().default(true),
  doc_values: z.boolean().default(true),
});
const long = z.strictObject({ type: z.literal('long') });

const definition = z.strictObject({
  settings: z.strictObject({
    number_of_shards: z.int().min(1),
    auto_expand_replicas: z.literal('0-1'),
    analysis: z.strictObject({
      tokenizer: z.record(
        z.string(),
        z.strictObject({ type: z.literal('whitespace'), max_token_length: z.int().min(1).max(1_048_576) }),
      ),
      analyzer: z.record(z.string(), z.strictObject({ type: z.literal('custom'), tokenizer: z.string() })),
    }),
  }),
  mappings: z.strictObject({
    dynamic: z.literal('strict'),
    _source: z.strictObject({ enabled: z.literal(false) }),
    properties: z.record(z.string(), z.discriminatedUnion('type', [text, keyword, long])),
  }),
  aliases: z.record(z.string(), z.strictObject({})),
});

export type Definition = z.output<typeof definition>;

/** What of a document a query sees. */
export interface IndexedDocument {
  readonly id: string;
  /** Each value as its words. */
  readonly texts: ReadonlyMap<string, readonly (readonly string[])[]>;
  readonly keywords: ReadonlyMap<string, readonly string[]>;
  readonly longs: ReadonlyMap<string, number>;
}

export function definitionFrom(body: unknown): Definition {
  const result = definition.safeParse(body);
  if (!result.success) throw new Refusal(400, 'mapper_parsing_exception', result.error.message);
  const { analysis } = result.data.settings;
  for (const { tokenizer } of Object.values(analysis.analyzer)) {
    if (!(tokenizer in analysis.tokenizer)) {
      throw new Refusal(400, 'illegal_argument_exception', `failed to find tokenizer [${tokenizer}]`);
    }
  }
  for (const field of Object.values(result.data.mappings.properties)) {
    if (field.type === 'text' && !(field.analyzer in analysis.analyzer)) {
      throw new Refusal(
        400,
        'mapper_parsing_exception',
        `analyzer [${field.analyzer}] has not been configured`,
      );
    }
  }
  return result.data;
}

const values = z.union([z.string(), z.array(z.string())]).transform((each) => [each].flat());

/** The longest term that Lucene takes, in bytes. */
const LONGEST_TERM = 32_766;

export function indexedDocument({ mappings }: Definition, id: string, document: unknown): IndexedDocument {
  const texts = new Map<string, readonly (readonly string[])[]>();
  const keywords = new Map<string, readonly string[]>();
  const longs = new Map<string, number>();
  for (const [name, value] of Object.entries(z.record(z.string(), z.unknown()).parse(document))) {
    const field = mappings.properties[name];
    if (!field) {
      const reason = `mapping set to strict, dynamic introduction of [${name}] within [_doc] is not allowed`;
      throw new Refusal(400, 'strict_dynamic_mapping_exception', reason);
    }
    if (field.type === 'text') texts.set(name, values.parse(value).map(wordsOf));
    if (field.type === 'keyword') keywords.set(name, values.parse(value));
    if (field.type === 'long') longs.set(name, z.int().parse(value));
  }
  const terms = [...[...texts.values()].flat(2), ...[...keywords.values()].flat()];
  if (terms.some((term) => Buffer.byteLength(term) > LONGEST_TERM)) {
    throw new Refusal(400, 'illegal_argument_exception', 'Document contains at least one immense term');
  }
  return { id, texts, keywords, longs };
}

/** As the tokenizer parts a text. */
export function wordsOf(value: string): string[] {
  return value.split(/\s+/).filter((word) => word !== '');
}
