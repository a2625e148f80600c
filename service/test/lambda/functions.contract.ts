import { createHash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey } from '../../src/domain/object-key.ts';
import { DynamoAuditTrail } from '../../src/drivers/aws/dynamo-audit-trail.ts';
import { S3ObjectStore } from '../../src/drivers/aws/s3-object-store.ts';
import { FUNCTIONS, type FunctionName } from '../../src/operations/manifest.ts';
import type { FunctionProcess, FunctionToRun } from '../support/function-process.ts';
import { type FunctionsHome, PUBLIC_URL } from '../support/functions-home.ts';
import { type GatewayAnswer, type GatewayRequest, httpEvent, restEvent } from '../support/gateway-events.ts';
import { queueEvent } from '../support/queue-event.ts';
import { sampleEvent } from '../support/sample-event.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { contentOf, put } from '../support/stored-bytes.ts';
import type { Call, FunctionCalls, Invoke } from './calls.ts';
import { describeConfinement } from './confinement.contract.ts';
import { describeDirectUploads } from './direct-uploads.contract.ts';
import { describeIntrospection } from './introspection.contract.ts';
import { describeKeeping } from './keeping.contract.ts';
import { describeLinks } from './links.contract.ts';
import { describeRenditions } from './renditions.contract.ts';
import { describeScans } from './scans.contract.ts';
import { describeSearch } from './search.contract.ts';
import { describeWebhooks } from './webhooks.contract.ts';

const JPEG = SMALL_IMAGES['image/jpeg'];
const MIB = 1024 * 1024;

type EventOf = (request: GatewayRequest) => object;
type HeaderOf = FunctionCalls['headerOf'];

/** Each payload format with the headers where its answers have them. */
const FORMATS: readonly (readonly [string, EventOf, HeaderOf])[] = [
  ['a REST API', restEvent, (answer, name) => answer.multiValueHeaders?.[name]?.[0] ?? ''],
  ['an HTTP API', httpEvent, (answer, name) => answer.headers?.[name] ?? ''],
];

/** Holds the built functions to what they promise, however `start` runs them. */
export function describeFunctions(
  home: () => FunctionsHome,
  start: (run: FunctionToRun) => Promise<FunctionProcess>,
): void {
  const started = new Map<string, Promise<FunctionProcess>>();
  const answered = new Set<FunctionName>();

  afterAll(async () => {
    const settled = await Promise.allSettled(started.values());
    const running = settled.filter((start) => start.status === 'fulfilled').map(({ value }) => value);
    await Promise.all(running.map((one) => one.stop()));
  });

  /** As on AWS: the first event starts the function, and the same process answers all of them. */
  const invoke: Invoke = async (name, event, env = {}) => {
    const which = JSON.stringify([name, env]);
    const running = started.get(which) ?? start(home().toRun(name, env));
    started.set(which, running);
    const answer = await (await running).invoke(event);
    answered.add(name);
    return answer;
  };

  describe.each(FORMATS)('the functions behind %s', (api, eventOf, headerOf) => {
    const call: Call = async (name, request, env) => {
      const answer = (await invoke(name, eventOf(request), env)) as GatewayAnswer;
      expect(headerOf(answer, 'x-request-id')).not.toBe('');
      return answer;
    };
    describeLife(`${api} & söhne/1`, home, call, headerOf);
    describeBodies(call, headerOf);
    describeRefusals(call, headerOf);
    describeDirectUploads(`${api} & söhne/2`, home, call, invoke);
    const calls: FunctionCalls = { home, invoke, call, headerOf };
    describeRenditions(`${api} & söhne/3`, calls);
    describeKeeping(`${api} & söhne/4`, calls);
    describeLinks(`${api} & söhne/5`, calls);
    describeSearch(`${api} & söhne/search`, calls);
    describeWebhooks(`${api} & söhne/5`, calls);
  });

  describeCleanUp(home, (event) => invoke('clean-up-object', event));
  describeScans(home, invoke);
  describeIntrospection(invoke);
  describeConfinement(home, start, invoke);

  test('every function of the manifest has answered an event of these tests', () => {
    expect([...answered].sort()).toEqual(FUNCTIONS.map(({ name }) => name).sort());
  });
}

const uploadOf = (user: string, body: Buffer): GatewayRequest => ({
  method: 'POST',
  path: '/images/upload',
  query: [
    ['user_id', user],
    ['tags', 'Sea,dusk'],
    ['title', 'Über & out + 100 %'],
  ],
  headers: { 'content-type': 'image/jpeg' },
  body,
});

function describeLife(user: string, home: () => FunctionsHome, call: Call, headerOf: HeaderOf): void {
  test('take an image through its life: each function has its own operation', async () => {
    const uploaded = await call('upload-image', uploadOf(user, JPEG.bytes));
    expect(uploaded.statusCode).toBe(201);
    const { image_id, url } = JSON.parse(uploaded.body) as { image_id: string; url: string };
    expect(headerOf(uploaded, 'location')).toBe(`${PUBLIC_URL}/images/${image_id}`);
    expect(digest(await bytesAt(url))).toBe(digest(JPEG.bytes));

    const usage = { method: 'GET', path: `/users/${encodeURIComponent(user)}/usage` };
    const used = async () => JSON.parse((await call('get-usage', usage)).body) as object;
    const limits = { max_images: null, max_bytes: null };
    expect(await used()).toEqual({ user_id: user, images: 1, bytes: JPEG.bytes.length, ...limits });

    const path = `/images/${image_id}`;
    const viewed = await call('view-image', { method: 'GET', path });
    expect(viewed).toMatchObject({ statusCode: 200, isBase64Encoded: false });
    expect(JSON.parse(viewed.body)).toMatchObject({ user_id: user, title: 'Über & out + 100 %' });

    const listed = await call('list-images', {
      method: 'GET',
      path: '/images',
      query: [
        ['user_id', user],
        ['tag', 'sea'],
        ['tag', 'dusk'],
      ],
    });
    expect(JSON.parse(listed.body).items.map((item: { image_id: string }) => item.image_id)).toEqual([
      image_id,
    ]);

    const content = await call('view-image-content', { method: 'GET', path: `${path}/content` });
    expect(content.statusCode).toBe(302);
    expect(digest(await bytesAt(headerOf(content, 'location')))).toBe(digest(JPEG.bytes));

    const changed = await call('update-image', {
      method: 'PATCH',
      path,
      headers: { 'content-type': 'application/json', 'if-match': headerOf(viewed, 'etag') },
      body: Buffer.from(JSON.stringify({ title: 'Evening' })),
    });
    expect(JSON.parse(changed.body)).toMatchObject({ title: 'Evening', tags: ['sea', 'dusk'] });

    const stale = { 'if-match': headerOf(viewed, 'etag') };
    expect((await call('delete-image', { method: 'DELETE', path, headers: stale })).statusCode).toBe(412);
    expect((await call('delete-image', { method: 'DELETE', path })).statusCode).toBe(204);
    expect(await used()).toMatchObject({ images: 0, bytes: 0 });
    expect((await call('view-image', { method: 'GET', path })).statusCode).toBe(404);
    expect((await fetch(url)).status).toBe(404);
  });

  test('tell who did what, a page at a time', async () => {
    const { clients, storage } = home().aws;
    const shards = { shardsToWrite: 4, shardsToRead: async () => 4 };
    const audit = new DynamoAuditTrail({
      client: clients.dynamodb,
      table: storage.tables.audit,
      days: 365,
      ...shards,
    });
    const times = [2, 1].map((days) => new Date(Date.now() - days * 86_400_000).toISOString());
    // Beside what the functions themselves have written of this user by now.
    const events = times.map((at) => sampleEvent({ user_id: user, actor: 'an operator', at }));
    for (const event of events) await audit.record(event);
    const list = async (query: [string, string][]) => {
      const asked: GatewayRequest = {
        method: 'GET',
        path: '/audit-events',
        query: [['user_id', user], ['actor', 'an operator'], ...query],
      };
      return JSON.parse((await call('list-audit-events', asked)).body) as {
        readonly items: readonly object[];
        readonly last_evaluated_key: string;
      };
    };
    const first = await list([
      ['action', 'delete-image'],
      ['limit', '1'],
    ]);
    expect(first.items).toEqual(events.slice(1));
    const second = await list([
      ['action', 'delete-image'],
      ['last_evaluated_key', first.last_evaluated_key],
    ]);
    expect(second).toMatchObject({ items: events.slice(0, 1), last_evaluated_key: null });
  });
}

function describeBodies(call: Call, headerOf: HeaderOf): void {
  test('take forms and base64 as the server does', async () => {
    const form = new FormData();
    form.append('user_id', 'alice');
    form.append('file', new Blob([JPEG.bytes]), 'small.jpg');
    const request = new Request('http://localhost', { method: 'POST', body: form });
    const multipart = await call('upload-image', {
      method: 'POST',
      path: '/images',
      headers: { 'content-type': request.headers.get('content-type') ?? '' },
      body: Buffer.from(await request.arrayBuffer()),
    });
    expect(multipart.statusCode).toBe(201);
    expect(digest(await bytesAt(JSON.parse(multipart.body).url))).toBe(digest(JPEG.bytes));
    const json = await call('upload-image', {
      method: 'POST',
      path: '/images',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ user_id: 'alice', image_data: JPEG.bytes.toString('base64') })),
    });
    expect(json.statusCode).toBe(201);
    expect(headerOf(json, 'location')).toBe(`${PUBLIC_URL}/images/${JSON.parse(json.body).image_id}`);
  });

  test('take 4 MiB of image, and refuse a byte more with 413', async () => {
    const largest = Buffer.concat([JPEG.bytes, Buffer.alloc(4 * MIB - JPEG.bytes.length)]);
    expect((await call('upload-image', uploadOf('alice', largest))).statusCode).toBe(201);
    const tooLarge = Buffer.concat([largest, Buffer.alloc(1)]);
    expect((await call('upload-image', uploadOf('alice', tooLarge))).statusCode).toBe(413);
  });
}

function describeRefusals(call: Call, headerOf: HeaderOf): void {
  test('refuse what is wrong with 400, and name the field', async () => {
    const wrong = await call('list-images', { method: 'GET', path: '/images', query: [['limit', '900']] });
    expect(wrong.statusCode).toBe(400);
    expect(headerOf(wrong, 'content-type')).toBe('application/problem+json');
    expect(JSON.parse(wrong.body).errors).toMatchObject([{ field: 'limit' }]);
  });

  test("mount nothing but their own operation's paths", async () => {
    for (const name of ['list-images', 'view-image', 'delete-image'] as const) {
      const elsewhere = await call(name, { method: 'GET', path: '/openapi.json' });
      expect(elsewhere.statusCode).toBe(404);
    }
    const other = await call('view-image', { method: 'DELETE', path: '/images/x' });
    expect(other.statusCode).toBe(405);
  });
}

function describeCleanUp(home: () => FunctionsHome, invoke: (event: object) => Promise<unknown>): void {
  test('clean-up-object removes bytes without a record, and gives back what is no job, alone', async () => {
    const { clients, storage } = home().aws;
    const objects = new S3ObjectStore({ client: clients.s3, bucket: storage.bucket, urlWindowSeconds: 60 });
    const image_id = newImageId(Date.now());
    const object_key = imageObjectKey('alice', image_id, 1);
    await put(objects, object_key, JPEG.bytes);
    const answer = await invoke(
      queueEvent({
        torn: '{"kind":"clean-up-obj',
        job: JSON.stringify({ kind: 'clean-up-object', image_id, object_key }),
        unknown: JSON.stringify({ kind: 'tidy-up', image_id, object_key }),
      }),
    );
    expect(answer).toEqual({
      batchItemFailures: [{ itemIdentifier: 'torn' }, { itemIdentifier: 'unknown' }],
    });
    expect(await contentOf(objects, object_key)).toBeUndefined();
  });
}

async function bytesAt(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
