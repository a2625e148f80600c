import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { AllowedMethods } from './allowed-methods.ts';
import { jsonAnswer } from './answer.ts';
import type { App, AppContext, Env } from './context.ts';
import { cacheControlOf, type Encoding, type GalleryFile, HASHED } from './gallery-files.ts';
import { SETTINGS_PATH } from './gallery-settings.ts';

const REMEDY = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tintype</title>
</head>
<body>
<h1>The gallery is not built</h1>
<p>Run <code>npm run build:web</code> (its tools come with <code>npm ci</code>), and start the server again.</p>
<p>The API works without it: <a href="docs">its pages</a>.</p>
</body>
</html>
`;

/** Mounts exactly the files of the build, and what the page is told: to be called after the API, whose paths go first. */
export function mountGallery(app: App, { gallery, publicUrl }: AppContext, allowed: AllowedMethods): void {
  if (!gallery) return;
  const { files, settings, policy } = gallery;
  const get = (pattern: string, handle: (c: Context<Env>) => Response | Promise<Response>) => {
    app.get(pattern, (c) => {
      c.set('isGallery', true);
      return handle(c);
    });
    allowed.add(pattern, 'GET');
  };
  get(SETTINGS_PATH, () => jsonAnswer(settings, 200));
  const page = files?.get('/');
  get('/', (c) => {
    const there = addressOfPublicUrl(c, publicUrl);
    if (there !== undefined) return c.redirect(there, 307);
    return page ? serveFile(c, page, policy) : notBuilt(c);
  });
  if (!files) return;
  // One pattern for all that has a hash in its name: the next build's metrics and log lines are called the same.
  get(`${HASHED}*`, (c) => {
    const file = files.get(c.req.path);
    return file ? serveFile(c, file, policy) : c.notFound();
  });
  for (const [path, file] of files) {
    if (path !== '/' && !file.hashed) get(path, (c) => serveFile(c, file, policy));
  }
}

function notBuilt(c: Context<Env>): Response {
  return c.body(REMEDY, 503, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
}

/** GET and HEAD, in the best encoding that the caller takes. */
async function serveFile(c: Context<Env>, file: GalleryFile, policy: string): Promise<Response> {
  const encoding = encodingFor(c, file);
  const { bytes, etag } = await file.encoded(encoding);
  const headers = {
    'content-type': file.content_type,
    'cache-control': cacheControlOf(file),
    etag,
    'content-security-policy': policy,
    'cross-origin-resource-policy': 'same-origin',
    ...(file.encodings.length > 1 ? { vary: 'Accept-Encoding' } : {}),
  };
  // It says the same of itself as a 200: what a browser has kept is brought up to date with these.
  if (isKnown(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  const ofBytes = {
    'content-length': String(bytes.length),
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  };
  return new Response(bytes, { status: 200, headers: { ...headers, ...ofBytes } });
}

function encodingFor(c: Context<Env>, { encodings }: GalleryFile): Encoding {
  const best = (accepted: readonly { readonly type: string; readonly q: number }[]) =>
    encodings.find((each) => accepted.some(({ type, q }) => type.toLowerCase() === each && q > 0));
  return accepts(c, {
    header: 'Accept-Encoding',
    supports: [...encodings],
    default: 'identity',
    match: (accepted) => best(accepted) ?? 'identity',
  }) as Encoding;
}

/** RFC 9110, section 13.1.2: weak comparison. */
function isKnown(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.some((tag) => tag === '*' || tag === etag);
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Where the page has to be opened, if it was opened by another name of this machine: uploads go to URLs below
 * the public one, and from a page of `localhost` that is another origin. Undefined: it is there already, or
 * something stands between, which knows its own names.
 */
function addressOfPublicUrl(c: Context<Env>, publicUrl: string): string | undefined {
  const address = `http://${c.req.header('host') ?? ''}`;
  if (!URL.canParse(address)) return undefined;
  const [asked, own] = [new URL(address), new URL(publicUrl)];
  const isSame = asked.port === own.port && own.protocol === 'http:';
  if (!isSame || asked.hostname === own.hostname) return undefined;
  if (![asked, own].every(({ hostname }) => LOOPBACK.has(hostname))) return undefined;
  return `${publicUrl}/${new URL(c.req.url).search}`;
}
