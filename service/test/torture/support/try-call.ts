import type { TestHome } from '../../support/homes.ts';
import { MULTIPART } from '../../support/uploads.ts';
import type { DescribedRoute, readDocument } from './described-routes.ts';
import type { KnownThings } from './known-things.ts';
import { formBytes, type WildBody, type WildCall } from './wild-calls.ts';

/** What came of a request. */
export interface Tried {
  readonly route: DescribedRoute;
  readonly status: number;
  readonly milliseconds: number;
  /** In words; none where everything is as described. */
  readonly faults: readonly string[];
  /** The request, to be made again by hand. */
  readonly request: string;
}

type Home = Pick<TestHome, 'request'>;
type Document = ReturnType<typeof readDocument>;

/** Makes a request of what was generated, sends it, and holds the answer against the document. */
export async function tryCall(
  home: Home,
  document: Document,
  known: KnownThings,
  call: WildCall,
): Promise<Tried> {
  const { route, method } = call;
  const path = pathOf(call, known);
  const { headers, body } = contentOf(call, known);
  const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD';
  const init = { method, headers, ...(hasBody ? { body: new Uint8Array(body) } : {}) };
  const started = performance.now();
  const response = await home.request(path, init);
  const text = await response.text();
  const milliseconds = performance.now() - started;
  const described = isTheRoute(route, path) ? undescribed(document, call, response, text) : [];
  // Nothing that a caller sends is our failure.
  const faults = [...(response.status >= 500 ? [`status ${response.status}`] : []), ...described];
  known.learn(response, text);
  const request = [
    method,
    path,
    [...headers],
    body?.toString('latin1').slice(0, 600),
    response.status,
    text.slice(0, 300),
  ];
  return { route, status: response.status, milliseconds, faults, request: JSON.stringify(request) };
}

function pathOf({ route, path, query, rawQuery }: WildCall, known: KnownThings): string {
  const given = Object.fromEntries(Object.entries(path).map(([name, text]) => [name, known.text(text)]));
  // A link is named with its own image, and a delivery with its own webhook.
  const owners = Object.values(given).map((id) => known.ownerOf(id));
  const named: Readonly<Record<string, string>> = Object.assign({}, given, ...owners);
  const filled = route.template.replaceAll(/\{(\w+)\}/g, (_all, name: string) => escaped(named[name] ?? ''));
  const pairs = query.map(([name, value]) => `${escaped(name)}=${escaped(known.text(value))}`).join('&');
  const asked = rawQuery ?? pairs;
  return asked === '' ? filled : `${filled}?${asked.replaceAll('#', '%23').toWellFormed()}`;
}

/** Percent-encoded; what is no Unicode is so in UTF-8 too. */
function escaped(text: string): string {
  return text.isWellFormed()
    ? encodeURIComponent(text)
    : `${encodeURIComponent(text.toWellFormed())}%ED%A0%80`;
}

/** Whether a path with whatever it was filled leads where it was meant to: dots and nothing at all lead elsewhere. */
function isTheRoute({ template }: DescribedRoute, path: string): boolean {
  const { pathname } = new URL(path, 'http://127.0.0.1');
  const pattern = template.replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(pathname);
}

/** Where it is not as the document says. */
function undescribed(
  document: Document,
  { route, method }: WildCall,
  response: Response,
  text: string,
): string[] {
  if (method === 'HEAD' || method === 'OPTIONS') return [];
  if (method === route.method) return document.faultsOf(route, response, text);
  const other = document.routes.find((each) => each.template === route.template && each.method === method);
  if (other) return document.faultsOf(other, response, text);
  // A path may be another route's as well: that of an id is also that of `uploads`.
  return response.status === 405 ? document.faultsOf(route, response, text) : [];
}

function contentOf(
  { headers: given, body }: WildCall,
  known: KnownThings,
): { headers: Headers; body: Buffer | undefined } {
  const headers = new Headers();
  for (const [name, value] of given) {
    // What no header can hold is for raw sockets.
    headers.set(name, known.text(value).replaceAll(/[^\x20-\x7e\x80-\xff]/g, ''));
  }
  if (!body) return { headers, body: undefined };
  if (body.type !== '') headers.set('content-type', typeOf(body));
  const bytes = Buffer.from(bytesOf(body, known));
  for (const [at, byte] of body.hurt) if (bytes.length > 0) bytes[at % bytes.length] = byte;
  return { headers, body: bytes };
}

function typeOf({ kind, type }: WildBody): string {
  return kind === 'form' && type === 'multipart/form-data' ? MULTIPART : type;
}

function bytesOf({ kind, value }: WildBody, known: KnownThings): Buffer {
  const resolved = known.resolve(value);
  if (resolved instanceof Uint8Array) return Buffer.from(resolved);
  if (kind === 'form') return formBytes(resolved);
  return Buffer.from(kind === 'text' ? String(resolved) : (JSON.stringify(resolved) ?? ''));
}
