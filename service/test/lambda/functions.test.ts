import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAwsClients, destroyAwsClients } from '../../src/drivers/aws/clients.ts';
import { setUpAws } from '../../src/drivers/aws/set-up.ts';
import { createSqsClient } from '../../src/drivers/aws/sqs-client.ts';
import { OPERATIONS, type OperationName } from '../../src/operations/manifest.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../emulators/credentials.ts';
import { type DynamoDbEmulator, startDynamoDb } from '../emulators/dynamodb/dynamodb.ts';
import { type S3Emulator, startS3 } from '../emulators/s3/s3.ts';
import { type FunctionProcess, type GatewayAnswer, startFunction } from '../support/function-process.ts';
import { type GatewayRequest, httpEvent, restEvent } from '../support/gateway-events.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PUBLIC_URL = 'https://api.example.com/live';
const JPEG = SMALL_IMAGES['image/jpeg'];

const functions = new Map<OperationName, FunctionProcess>();
let dynamodb: DynamoDbEmulator;
let s3: S3Emulator;

beforeAll(async () => {
  await promisify(execFile)('npm', ['run', '--silent', 'build:lambda'], { cwd: ROOT });
  dynamodb = await startDynamoDb();
  s3 = await startS3();
  const settings = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };
  const clients = createAwsClients({
    ...settings,
    endpoints: { dynamodb: dynamodb.endpoint, s3: s3.endpoint },
    s3PathStyle: true,
  });
  const sqs = createSqsClient({ ...settings, endpoint: s3.sqsEndpoint });
  const tables = {
    images: 'tintype-images',
    listings: 'tintype-listings',
    ledger: 'tintype-ledger',
    audit: 'tintype-audit',
  };
  const wanted = { tables, bucket: 'images', queue: 'jobs', shards: 4 };
  const queueUrl = await setUpAws({ ...clients, sqs }, wanted, () => {});
  destroyAwsClients(clients);
  sqs.destroy();
  const env = {
    STORAGE: 'aws',
    PUBLIC_URL,
    ALLOW_ANONYMOUS: 'true',
    SIGNING_SECRET: 'a secret for tests of 32 letters',
    IMAGES_BUCKET: 'images',
    JOBS_QUEUE_URL: queueUrl,
    AWS_REGION: EMULATOR_REGION,
    AWS_ACCESS_KEY_ID: EMULATOR_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: EMULATOR_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_SQS: s3.sqsEndpoint,
  };
  for (const { name } of OPERATIONS) functions.set(name, await startFunction(name, env));
});

afterAll(async () => {
  await Promise.all([...functions.values()].map((started) => started.stop()));
  await Promise.all([dynamodb.stop(), s3.stop()]);
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
