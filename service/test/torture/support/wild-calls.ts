import fc from 'fast-check';
import { multipartBytes, type Part } from '../../support/uploads.ts';
import type { DescribedParameter, DescribedRoute, JsonSchema } from './described-routes.ts';
import { type Manners, objectsOf, placeholder, TRAPS, valuesOf, wildText, wildValue } from './wild-values.ts';

/** A request that is to be tried, still with placeholders for what exists. */
export interface WildCall {
  readonly route: DescribedRoute;
  readonly method: string;
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** A query as it stands, in place of the one above. */
  readonly rawQuery: string | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: WildBody | undefined;
}

export interface WildBody {
  readonly type: string;
  readonly kind: 'json' | 'form' | 'bytes' | 'text';
  readonly value: unknown;
  /** Where bytes of it are changed, and into what. */
  readonly hurt: readonly (readonly [at: number, byte: number])[];
}

const asText = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const mostly = <T>(usual: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>, weight = 10) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: seldom });

/** Headers that mean something to servers, with what breaks those that read them. */
const OTHER_HEADERS = [
  'accept',
  'accept-encoding',
  'authorization',
  'content-digest',
  'content-encoding',
  'cookie',
  'expect',
  'forwarded',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'idempotency-key',
  'origin',
  'range',
  'referer',
  'te',
  'traceparent',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-http-method-override',
  'x-request-id',
];

const HEADER_TRAPS = [
  ...TRAPS,
  'Bearer x',
  'Basic eDp5',
  'bytes=0-',
  'bytes=-1',
  'bytes=9-1',
  'gzip',
  'image/avif,image/webp',
  'sha-256=:AAAA:',
  'sha-256=:::',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'null',
  'https://evil.invalid',
  'x'.repeat(5000),
].map((text) => text.replaceAll(/[^\x20-\x7e\x80-\xff]/g, '').trim());

const otherHeader: fc.Arbitrary<Given> = fc
  .tuple(fc.constantFrom(...OTHER_HEADERS), fc.constantFrom(...HEADER_TRAPS))
  .map((pair) => [pair]);

type Given = readonly (readonly [name: string, value: string])[];

const nothing: fc.Arbitrary<Given> = fc.constant([]);

/** Requests of a route: most of them valid, the others nearly valid or wild. */
export function callsOf(route: DescribedRoute): fc.Arbitrary<WildCall> {
  const of = (place: DescribedParameter['in']) => route.parameters.filter((each) => each.in === place);
  const polite = fc.record({
    method: fc.constant(route.method),
    path: pathsOf(of('path'), 'polite'),
    query: givenOf(of('query'), 'polite'),
    rawQuery: fc.constant(undefined),
    headers: givenOf(of('header'), 'polite'),
    body: bodiesOf(route.bodies, 'polite'),
  });
  const methods = fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH');
  const stray: fc.Arbitrary<Given> = fc.tuple(wildText, wildText).map((pair) => [pair]);
  const hostile = fc.record({
    method: mostly(fc.constant(route.method), methods, 25),
    path: pathsOf(of('path'), 'hostile'),
    query: fc.tuple(givenOf(of('query'), 'hostile'), mostly(nothing, stray, 12)).map((both) => both.flat()),
    rawQuery: mostly(fc.constant(undefined), rawQueries(of('query')), 15),
    headers: fc
      .tuple(givenOf(of('header'), 'hostile'), mostly(nothing, otherHeader, 4))
      .map((both) => both.flat()),
    body: bodiesOf(route.bodies, 'hostile'),
  });
  return fc
    .oneof({ weight: 3, arbitrary: polite }, { weight: 2, arbitrary: hostile })
    .map((call) => ({ route, ...call }));
}

function textsOf({ schema, name }: DescribedParameter, manners: Manners): fc.Arbitrary<string> {
  const described = valuesOf(schema, name, manners).map(asText);
  return manners === 'polite' ? described : mostly(described, wildText, 6);
}

function pathsOf(parameters: readonly DescribedParameter[], manners: Manners) {
  const pairs = parameters.map((each) => textsOf(each, manners).map((text) => [each.name, text] as const));
  return fc.tuple(...pairs).map((all): Record<string, string> => Object.fromEntries(all));
}

/** Some of the parameters or headers; from the hostile at times one twice. */
function givenOf(parameters: readonly DescribedParameter[], manners: Manners) {
  const each = parameters.map((parameter) =>
    fc.tuple(fc.nat(19), textsOf(parameter, manners)).map(([chance, text]) => {
      const given = [parameter.name, text] as const;
      if (manners === 'hostile' && chance === 19) return [given, given];
      return chance > 13 || parameter.name === 'user_id' ? [given] : [];
    }),
  );
  return fc.tuple(...each).map((all) => all.flat());
}

/** Queries of which the escapes are wrong. */
function rawQueries(parameters: readonly DescribedParameter[]): fc.Arbitrary<string> {
  const names = fc.constantFrom(...parameters.map(({ name }) => name), 'x');
  const pair = fc.tuple(names, fc.constantFrom('=', '==', '', '%3d', '[]='), fc.constantFrom(...TRAPS));
  return fc.array(pair, { maxLength: 5 }).map((pairs) => pairs.map((each) => each.join('')).join('&'));
}

type Hurt = readonly (readonly [at: number, byte: number])[];

const whole: fc.Arbitrary<Hurt> = fc.constant([]);
const hurt = mostly<Hurt>(
  whole,
  fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { minLength: 1, maxLength: 4 }),
  8,
);

const wildBody = fc.record({
  type: fc.constantFrom(
    'application/json',
    'text/plain',
    'image/png',
    'multipart/form-data; boundary=a',
    'image/*',
    '',
  ),
  kind: fc.constant('text' as const),
  value: fc.oneof(
    wildText,
    wildValue.map((value) => JSON.stringify(value)),
  ),
  hurt,
});

function bodiesOf(
  bodies: Readonly<Record<string, JsonSchema>>,
  manners: Manners,
): fc.Arbitrary<WildBody | undefined> {
  const described = Object.entries(bodies).map(([type, schema]) => bodyOf(type, schema, manners));
  const none = fc.constant(undefined);
  const usual = described.length === 0 ? none : fc.oneof(...described);
  if (manners === 'polite') return usual;
  return mostly<WildBody | undefined>(
    usual,
    fc.oneof<fc.Arbitrary<WildBody | undefined>[]>(wildBody, none),
    8,
  );
}

function bodyOf(type: string, schema: JsonSchema, manners: Manners): fc.Arbitrary<WildBody> {
  const kind = type === 'application/json' ? 'json' : type.startsWith('multipart/') ? 'form' : 'bytes';
  const usual = fc.constant(type.startsWith('image/') ? 'image/png' : type);
  const odd = [
    `${type}; charset=utf-8`,
    type.toUpperCase(),
    `${type}; charset=x`,
    'image/svg+xml',
    `${type},${type}`,
  ];
  return fc.record({
    type: manners === 'polite' ? usual : mostly(usual, fc.constantFrom(...odd), 15),
    kind: fc.constant(kind),
    value: kind === 'bytes' ? fc.nat(60).map((nth) => placeholder('bytes', nth)) : objectsOf(schema, manners),
    hurt: manners === 'polite' ? whole : hurt,
  });
}

/** The bytes of a form, whatever its values are. */
export function formBytes(value: unknown): Buffer {
  const parts = Object.entries((value ?? {}) as Record<string, unknown>).flatMap(([name, given]): Part[] => {
    const values = Array.isArray(given) ? given : [given];
    return values.map((each) =>
      each instanceof Uint8Array ? { name, value: each, filename: 'x.png' } : { name, value: asText(each) },
    );
  });
  return multipartBytes(parts);
}
