import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS, type OperationName } from '../../src/operations/manifest.ts';
import { type AwsOnEmulators, startAwsOnEmulators } from '../support/aws-emulators.ts';
import { type FunctionProcess, type GatewayAnswer, startFunction } from '../support/function-process.ts';
import { type GatewayRequest, httpEvent, restEvent } from '../support/gateway-events.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PUBLIC_URL = 'https://api.example.com/live';
const JPEG = SMALL_IMAGES['image/jpeg'];

const functions = new Map<OperationName, FunctionProcess>();
let aws: AwsOnEmulators;

beforeAll(async () => {
  await promisify(execFile)('npm', ['run', '--silent', 'build:lambda'], { cwd: ROOT });
  aws = await startAwsOnEmulators();
  const env = { ...aws.environment, PUBLIC_URL, ALLOW_ANONYMOUS: 'true' };
  for (const { name } of OPERATIONS) functions.set(name, await startFunction(name, env));
});

afterAll(async () => {
  await Promise.all([...functions.values()].map((started) => started.stop()));
  await aws.stop();
});

/** Each payload format with the headers where its answers have them. */
const FORMATS = [
  [
    'a REST API',
    restEvent,
    (answer: GatewayAnswer, name: string) => answer.multiValueHeaders?.[name]?.[0] ?? '',
  ],
  ['an HTTP API', httpEvent, (answer: GatewayAnswer, name: string) => answer.headers?.[name] ?? ''],
] as const;

describe.each(FORMATS)('the functions behind %s', (_api, eventOf, headerOf) => {
  const call = async (name: OperationName, request: GatewayRequest) => {
    const answer = await functions.get(name)?.invoke(eventOf(request));
    if (!answer) throw new Error(`There is no function ${name}.`);
    expect(headerOf(answer, 'x-request-id')).not.toBe('');
    return answer;
  };

  const upload = async (user: string): Promise<{ image_id: string; url: string }> => {
    const answer = await call('upload-image', {
      method: 'POST',
      path: '/images/upload',
      query: [
        ['user_id', user],
        ['tags', 'Sea,dusk'],
        ['title', 'Über & out + 100 %'],
      ],
      headers: { 'content-type': 'image/jpeg' },
      body: JPEG.bytes,
    });
    expect(answer.statusCode).toBe(201);
    const image = JSON.parse(answer.body);
    expect(headerOf(answer, 'location')).toBe(`${PUBLIC_URL}/images/${image.image_id}`);
    return image;
  };

  test('take an image through its life: each function has its own operation', async () => {
    const user = `${_api} & söhne/1`;
    const { image_id, url } = await upload(user);
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(createHash('sha256').update(bytes).digest()).toEqual(
      createHash('sha256').update(JPEG.bytes).digest(),
    );

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
    expect((await fetch(headerOf(content, 'location'))).status).toBe(200);

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
    expect((await call('view-image', { method: 'GET', path })).statusCode).toBe(404);
    expect((await fetch(url)).status).toBe(404);
  });

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
    const json = await call('upload-image', {
      method: 'POST',
      path: '/images',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ user_id: 'alice', image_data: JPEG.bytes.toString('base64') })),
    });
    expect(json.statusCode).toBe(201);
  });

  test('refuse more than 4 MiB of image with 413, and what is wrong with 400 and the field', async () => {
    const tooLarge = await call('upload-image', {
      method: 'POST',
      path: '/images',
      query: [['user_id', 'alice']],
      headers: { 'content-type': 'image/jpeg' },
      body: Buffer.concat([JPEG.bytes, Buffer.alloc(4 * 1024 * 1024)]),
    });
    expect(tooLarge.statusCode).toBe(413);
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
});
