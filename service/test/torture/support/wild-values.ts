import fc from 'fast-check';
import type { JsonSchema } from './described-routes.ts';

/** Texts that mean something somewhere: to parsers, paths, SQL, keys, prototypes, clocks and numbers. */
export const TRAPS: readonly string[] = [
  '',
  ' ',
  '\t',
  '.',
  '..',
  '../../../nowhere/x',
  '..\\..\\x',
  '%2e%2e%2f',
  '%',
  '%00',
  '%FF',
  '%25',
  '/',
  '//',
  '\\',
  '#',
  '?',
  '&',
  ',',
  ',,',
  ';',
  '"',
  "'",
  "' OR 1=1 --",
  '$(id)',
  '{{7*7}}',
  '<script>',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'true',
  'NaN',
  'Infinity',
  '-0',
  '-1',
  '0',
  '1e3',
  '0x10',
  '00000000000000000000001',
  '9007199254740993',
  '99999999999999999999999999999999',
  '1.5',
  '\0',
  '\r\n',
  'a\r\nset-cookie: b',
  '\u202e',
  '\ufeff',
  '\ud800',
  '\udc00x',
  '\uffff',
  '\u{10ffff}',
  'é',
  'e\u0301',
  'İ',
  'ﬀ',
  '😀',
  '👩‍👩‍👧‍👦',
  '*',
  '-',
  '~',
  '.uploads',
  '.renditions',
  '../..',
  '2026-02-30',
  '2026-01-01/2025-01-01',
  '../2026-01-01',
  '2026-01-01T00:00:00Z/..',
  '0000-01-01/..',
  '9999-12-31T23:59:59.999Z/..',
  '+275760-09-13T00:00:00.001Z/..',
  'https://hooks.invalid/x',
  'https://user:pass@hooks.invalid:1/',
  'http://127.0.0.1:1/',
  'https://[::1]/',
  '"1.1"',
  'W/"1.1"',
  '*, "1.1"',
  '"1.1", "1.2"',
];

/** What a route names that exists, to be put in once the request is made: `@image:3` is the third there is. */
export const placeholder = (kind: string, nth: number) => `@${kind}:${nth}`;

/** The kinds of things that parameters and fields name, by their names. */
const NAMED: Readonly<Record<string, string>> = {
  image_id: 'image',
  image_ids: 'image',
  link_id: 'link',
  webhook_id: 'webhook',
  delivery_id: 'delivery',
  user_id: 'user',
  last_evaluated_key: 'page',
  'If-Match': 'etag',
  checksum_sha256: 'digest',
  version: 'version',
  date_range: 'date_range',
  url: 'hook',
  'Idempotency-Key': 'key',
  idempotency_key: 'key',
  image_data: 'base64',
};

const trap = fc.constantFrom(...TRAPS);

/** Any text at all, some of them long. */
export const wildText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: trap },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(trap, fc.nat(3000)).map(([text, times]) => text.repeat(times).slice(0, 9000)),
  },
);

/** Any JSON value, deep ones and those of a wrong type above all. */
export const wildValue: fc.Arbitrary<unknown> = fc.oneof(
  wildText,
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e308, -1e-7, 2 ** 53, [], {}, [[]], [null]),
  fc.jsonValue({ maxDepth: 3 }),
  fc
    .integer({ min: 1, max: 200 })
    .map((depth) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown),
);

/** Whether values are as described, or may be anything besides. */
export type Manners = 'polite' | 'hostile';

/** Values as the schema has them, and from the hostile those just beyond it; where things are named, things that exist. */
export function valuesOf(schema: JsonSchema, name: string, manners: Manners): fc.Arbitrary<unknown> {
  const kind = NAMED[name];
  const described = describedValues(schema, name, manners);
  if (kind === undefined || schema['type'] === 'array') return described;
  const named = fc.nat(60).map((nth) => placeholder(kind, nth));
  return manners === 'polite'
    ? named
    : fc.oneof({ weight: 8, arbitrary: named }, { weight: 1, arbitrary: described });
}

function describedValues(schema: JsonSchema, name: string, manners: Manners): fc.Arbitrary<unknown> {
  if (Array.isArray(schema['anyOf'])) {
    return fc.oneof(...(schema['anyOf'] as JsonSchema[]).map((each) => valuesOf(each, name, manners)));
  }
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const types = Array.isArray(schema['type']) ? (schema['type'] as string[]) : [String(schema['type'])];
  return fc.oneof(...types.map((type) => ofType(type, schema, name, manners)));
}

function ofType(type: string, schema: JsonSchema, name: string, manners: Manners): fc.Arbitrary<unknown> {
  switch (type) {
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'integer':
    case 'number':
      return numbersOf(schema, manners);
    case 'array':
      return fc.array(valuesOf(schema['items'] as JsonSchema, name, manners), {
        minLength: manners === 'polite' ? 1 : 0,
        maxLength: 6,
      });
    case 'object':
      return objectsOf(schema, manners);
    default:
      return textsOf(schema, manners);
  }
}

function numbersOf(schema: JsonSchema, manners: Manners): fc.Arbitrary<number> {
  const [min, max] = [Number(schema['minimum'] ?? 0), Number(schema['maximum'] ?? 1_000_000)];
  const within = fc.integer({ min, max: Math.min(max, 1_000_000) });
  return manners === 'polite' ? within : fc.oneof(within, fc.constantFrom(min, max, min - 1, max + 1));
}

function textsOf(
  { pattern, maxLength, example, format }: JsonSchema,
  manners: Manners,
): fc.Arbitrary<string> {
  if (format === 'binary') return fc.nat(60).map((nth) => placeholder('bytes', nth));
  if (format === 'uuid') return fc.uuid();
  const most = Number(maxLength ?? 200);
  const graphemes = fc.string({ unit: 'grapheme', minLength: 1, maxLength: Math.min(most, 40) });
  const fitting = pattern === undefined ? graphemes : fc.stringMatching(new RegExp(String(pattern)));
  const examples = example === undefined ? [] : [fc.constant(String(example))];
  if (manners === 'polite') return fc.oneof(fitting, ...examples);
  const bounds = [most - 1, most, most + 1].map((length) => fc.constant('x'.repeat(length)));
  return fc.oneof(fitting, ...bounds, ...examples, graphemes);
}

/** Objects with most of their members; from the hostile at times with anything in one, and with one that is unknown. */
export function objectsOf(schema: JsonSchema, manners: Manners): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
  const required = (schema['required'] ?? []) as string[];
  const isPolite = manners === 'polite';
  const members = properties.map(([name, each]) => {
    const described = valuesOf(each, name, manners);
    const values = isPolite
      ? described
      : fc.oneof({ weight: 20, arbitrary: described }, { weight: 1, arbitrary: wildValue });
    // Nobody can do without saying whose image it is, though tokens may say it.
    const isNeeded = required.includes(name) || name === 'user_id';
    const isThere = fc.nat(19).map((chance) => chance > (isNeeded ? (isPolite ? -1 : 0) : 11));
    return fc.tuple(fc.constant(name), isThere, values);
  });
  const isUnknownThere = fc.nat(19).map((chance) => !isPolite && chance === 0);
  const unknown = fc.tuple(wildText, isUnknownThere, wildValue);
  return fc.tuple(...members, unknown).map((each) => {
    const there = each.filter(([, isThere]) => isThere);
    return Object.fromEntries(there.map(([name, , value]) => [name, value]));
  });
}
