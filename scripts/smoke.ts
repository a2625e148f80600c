import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';

const HELP = `npm run smoke -- --url URL [--token TOKEN] [--user USER]

One image's life at a running installation, over HTTP alone: uploaded, viewed, fetched, listed, changed and
deleted, with some refusals on the way. Leaves nothing behind. Ends with 1 at the first thing that is wrong.

  --url URL       where callers reach it, such as http://127.0.0.1:3000
  --token TOKEN   the bearer token, where one is needed
  --user USER     whose image it is; unless said, the token's own user, or without a token a made-up name
`;

/** A tag that only this run's image has. */
const RUN = `smoke-${randomUUID()}`;

/** `npm run smoke`: the first thing to run after a deployment. */
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    user: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const base = values.url?.replace(/\/+$/, '');
if (values.help || base === undefined) {
  process.stdout.write(HELP);
  process.exitCode = values.help ? 0 : 1;
} else {
  try {
    await journey(base, values.user ?? (values.token === undefined ? `smoke-${randomUUID()}` : undefined));
    process.stdout.write('All is well.\n');
  } catch (error) {
    process.stderr.write(`FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

interface SmokeImage {
  readonly image_id: string;
  readonly title: string | null;
  readonly tags: readonly string[];
  readonly checksum_sha256: string;
  readonly url: string;
}

/** @param user undefined: whoever the token is of. */
async function journey(url: string, user: string | undefined): Promise<void> {
  const bytes = onePixel();
  const owner = new URLSearchParams(user === undefined ? {} : { user_id: user });
  const query = new URLSearchParams([...owner, ['title', 'Smoke'], ['tags', `smoke,${RUN}`]]);
  const headers = { 'content-type': 'image/png' };
  const uploaded = await call(201, `${url}/images/upload?${query}`, { method: 'POST', headers, body: bytes });
  const image = (await uploaded.json()) as SmokeImage;
  const path = `${url}/images/${image.image_id}`;
  say(`uploaded ${image.image_id}`);
  try {
    await check(url, path, image, bytes, owner);
  } finally {
    await call(204, path, { method: 'DELETE' });
  }
  say('deleted');
  await refusal(404, 'not_found', path);
  const gone = await fetch(image.url);
  await gone.arrayBuffer();
  // A CDN may go on serving what it holds until the URL expires; S3 and the service do not.
  must(gone.status === 404 || gone.headers.has('x-amz-cf-id'), `its URL still answers ${gone.status}`);
  say('gone: the record, and the bytes');
}

async function check(
  url: string,
  path: string,
  image: SmokeImage,
  bytes: Buffer,
  owner: URLSearchParams,
): Promise<void> {
  must(image.checksum_sha256 === sha256(bytes), 'the checksum is not that of the bytes');
  const viewed = (await (await call(200, path)).json()) as SmokeImage;
  must(
    viewed.title === 'Smoke' && viewed.tags.join() === `smoke,${RUN}`,
    'what was said of the image is not kept',
  );
  await sameBytes(viewed.url, bytes);
  say('viewed, and its bytes fetched by the signed URL');

  const content = await call(302, `${path}/content`, { redirect: 'manual' });
  await sameBytes(content.headers.get('location') ?? '', bytes);
  say('redirected to its bytes');

  for (const tags of [[RUN], ['smoke', RUN]]) {
    const filter = new URLSearchParams([...owner, ...tags.map((tag): [string, string] => ['tag', tag])]);
    const list = (await (await call(200, `${url}/images?${filter}`)).json()) as { items: SmokeImage[] };
    const ids = list.items.map(({ image_id }) => image_id);
    must(ids.join() === image.image_id, `the list of ${filter} has ${ids.length} images in place of one`);
  }
  say('listed by a tag, and by two');

  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ title: 'Changed' });
  const changed = await call(200, path, { method: 'PATCH', headers: json, body });
  must(((await changed.json()) as SmokeImage).title === 'Changed', 'the change is not in the answer');
  say('changed');

  await refusal(400, 'invalid_request', path, { method: 'PATCH', headers: json, body: '{"titel":"x"}' });
  await refusal(412, 'precondition_failed', path, { method: 'DELETE', headers: { 'if-match': '"0.0"' } });
  await refusal(404, 'not_found', `${url}/images/${randomUUID()}`);
  if (values.token !== undefined) {
    const asked = await fetch(path);
    must(asked.status === 401, `without a token ${path} answered ${asked.status} in place of 401`);
    await asked.arrayBuffer();
  }
  say('refused what is wrong, as problem+json');
}

async function call(status: number, url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (values.token !== undefined) headers.set('authorization', `Bearer ${values.token}`);
  const response = await fetch(url, { ...init, headers });
  if (response.status === status) return response;
  const method = init.method ?? 'GET';
  throw new Error(
    `${method} ${url} answered ${response.status} in place of ${status}: ${await response.text()}`,
  );
}

async function refusal(status: number, code: string, url: string, init: RequestInit = {}): Promise<void> {
  const response = await call(status, url, init);
  must(response.headers.get('content-type') === 'application/problem+json', `${url}: not problem+json`);
  const problem = (await response.json()) as { code: string; request_id: string };
  must(
    problem.code === code && problem.request_id !== '',
    `${url}: code ${problem.code} in place of ${code}`,
  );
}

async function sameBytes(url: string, bytes: Buffer): Promise<void> {
  const response = await fetch(url);
  const fetched = Buffer.from(await response.arrayBuffer());
  must(
    response.status === 200,
    `the signed URL answered ${response.status}: ${fetched.toString('utf8', 0, 300)}`,
  );
  must(fetched.equals(bytes), 'the bytes fetched are not those uploaded');
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function say(what: string): void {
  process.stdout.write(`  ${what}\n`);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A PNG of one pixel, of another colour each time. */
function onePixel(): Buffer {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const pixels = deflateSync(Buffer.concat([Buffer.from([0]), randomBytes(3)]));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** https://www.w3.org/TR/png-3/#5Chunk-layout */
function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}
