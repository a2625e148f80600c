import * as z from 'zod';
import { type Definition, type IndexedDocument, wordsOf } from './mapping.ts';
import { Refusal } from './refusal.ts';

/** Whether a document is found, and its score where the query scores. */
export type Matcher = (document: IndexedDocument) => number | undefined;

const oneField = <Of extends z.ZodType>(of: Of) =>
  z.record(z.string(), of).transform((fields, context) => {
    const [pair, ...more] = Object.entries(fields);
    if (pair && more.length === 0) return { field: pair[0], of: pair[1] as z.output<Of> };
    context.addIssue({ code: 'custom', message: 'must name one field' });
    return z.NEVER;
  });

const value = oneField(z.strictObject({ value: z.string() }));
const range = oneField(z.strictObject({ gte: z.number().optional(), lt: z.number().optional() }));
const phrase = oneField(z.strictObject({ query: z.string() }));
const phrasePrefix = oneField(
  z.strictObject({
    query: z.string(),
    max_expansions: z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
  }),
);
const bool = z.strictObject({
  filter: z.array(z.unknown()).default([]),
  should: z.array(z.unknown()).default([]),
  minimum_should_match: z.int().optional(),
});
const constantScore = z.strictObject({ filter: z.unknown(), boost: z.number() });

/** OpenSearch's own bound of the clauses of a query, all within each other included. */
const MOST_CLAUSES = 1024;

/** What a query finds; every kind that is not sent by the driver is refused. */
export function matcherOf(definition: Definition, query: unknown): Matcher {
  const clauses = { count: 0 };
  const matcher = build(definition, query, clauses);
  if (clauses.count > MOST_CLAUSES) throw new Refusal(400, 'too_many_nested_clauses', 'too many clauses');
  return matcher;
}

function build(definition: Definition, query: unknown, clauses: { count: number }): Matcher {
  clauses.count += 1;
  const kinds = Object.entries(z.record(z.string(), z.unknown()).parse(query));
  const [[kind, content] = [undefined, undefined], ...more] = kinds;
  if (more.length > 0) throw parsing('a query has one kind');
  const inner = (each: unknown) => build(definition, each, clauses);
  switch (kind) {
    case 'match_all':
      z.strictObject({}).parse(content);
      return () => 1;
    case 'bool':
      return boolMatcher(bool.parse(content), inner);
    case 'constant_score': {
      const { filter, boost } = constantScore.parse(content);
      const matches = inner(filter);
      return (document) => (matches(document) === undefined ? undefined : boost);
    }
    case 'range': {
      const { field, of } = range.parse(content);
      mustBe(definition, field, 'long');
      const { gte = Number.NEGATIVE_INFINITY, lt = Number.POSITIVE_INFINITY } = of;
      return found(({ longs }) => isWithin(longs.get(field), gte, lt));
    }
    case 'term': {
      const { field, of } = value.parse(content);
      const type = mustBe(definition, field, 'text', 'keyword');
      if (type === 'keyword')
        return found(({ keywords }) => keywords.get(field)?.includes(of.value) ?? false);
      return hasPhrase(field, [of.value], false);
    }
    case 'prefix': {
      const { field, of } = value.parse(content);
      mustBe(definition, field, 'text');
      return hasPhrase(field, [of.value], true);
    }
    case 'match_phrase':
    case 'match_phrase_prefix': {
      const isPrefix = kind === 'match_phrase_prefix';
      const { field, of } = isPrefix ? phrasePrefix.parse(content) : phrase.parse(content);
      mustBe(definition, field, 'text');
      return hasPhrase(field, wordsOf(of.query), isPrefix);
    }
    default:
      throw parsing(`unknown query [${String(kind)}]`);
  }
}

function isWithin(time: number | undefined, gte: number, lt: number): boolean {
  return time !== undefined && time >= gte && time < lt;
}

function boolMatcher(
  { filter, should, minimum_should_match }: z.output<typeof bool>,
  inner: (query: unknown) => Matcher,
): Matcher {
  const filters = filter.map(inner);
  const shoulds = should.map(inner);
  const least = minimum_should_match ?? (filters.length === 0 && shoulds.length > 0 ? 1 : 0);
  return (document) => {
    if (filters.some((matches) => matches(document) === undefined)) return undefined;
    const scores = shoulds.map((matches) => matches(document)).filter((score) => score !== undefined);
    return scores.length < least ? undefined : scores.reduce((sum, score) => sum + score, 0);
  };
}

function found(matches: (document: IndexedDocument) => boolean): Matcher {
  return (document) => (matches(document) ? 1 : undefined);
}

/** Words that follow each other in one value of the field. */
function hasPhrase(field: string, words: readonly string[], isPrefix: boolean): Matcher {
  const last = words.length - 1;
  const fits = (word: string | undefined, at: number) =>
    at === last && isPrefix ? word?.startsWith(words[at] ?? '') : word === words[at];
  return found(({ texts }) =>
    (texts.get(field) ?? []).some((value) =>
      value.some((_, start) => words.every((_word, at) => fits(value[start + at], at))),
    ),
  );
}

function mustBe(definition: Definition, name: string, ...types: readonly string[]): string {
  const field = definition.mappings.properties[name];
  if (!field || !types.includes(field.type)) throw parsing(`no such query of the field [${name}]`);
  if (field.type === 'keyword' && !field.index) {
    throw new Refusal(
      400,
      'query_shard_exception',
      `Cannot search on field [${name}] since it is not indexed.`,
    );
  }
  return field.type;
}

function parsing(reason: string): Refusal {
  return new Refusal(400, 'parsing_exception', reason);
}
