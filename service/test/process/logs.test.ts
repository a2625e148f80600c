import { expect, test } from 'vitest';
import { z } from 'zod';
import { onlyWhenLarge } from '../support/large.ts';
import { startServerProcess } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { sendUpload, UPLOAD_FORMS, uploadImage } from './calls.ts';

const { bytes } = SMALL_IMAGES['image/avif'];

const requestLine = z.strictObject({
  level: z.literal(30),
  time: z.iso.datetime({ precision: 3 }),
  request_id: z.string(),
  method: z.string(),
  route: z.string(),
  status: z.int(),
  duration_ms: z.number().nonnegative(),
  caller: z.literal('anonymous'),
  address: z.literal('127.0.0.1'),
  image_id: z.string().optional(),
  bytes_in: z.int(),
  bytes_out: z.int(),
  msg: z.literal('request'),
});

type RequestLine = z.output<typeof requestLine>;

const expected = (method: string, route: string, status: number, more: Partial<RequestLine> = {}) =>
  expect.objectContaining({ method, route, status, ...more });

test('the log has one JSON line a request, with the route’s pattern in place of the path', async () => {
  const server = await startServerProcess();
  const { url } = server;
  const image = await uploadImage(url, 'raw', { bytes, user_id: 'alice' });
  const address = `${url}/images/${image.image_id}`;
  const calls: [string, RequestInit?][] = [
    [address, { headers: { 'x-request-id': 'my-own-id.1' } }],
    [`${address}?download=true`],
    [`${address}/content`, { redirect: 'manual' }],
    [image.url ?? ''],
    [image.url ?? '', { method: 'HEAD' }],
    [`${url}/images?user_id=alice&limit=1`],
    [address, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"title":"x"}' }],
    [address, { method: 'PATCH', body: 'no JSON' }],
    [address, { method: 'DELETE' }],
    [address],
    [`${url}/images`, { method: 'PUT' }],
    [`${url}/somewhere/else`],
    [`${url}/health`],
  ];
  const answers: { request_id: string; bytes_out: number }[] = [];
  for (const [target, init] of calls) {
    const response = await fetch(target, init);
    answers.push({
      request_id: response.headers.get('x-request-id') ?? '',
      bytes_out: Number(response.headers.get('content-length') ?? 0),
    });
    await response.arrayBuffer();
  }
  expect(await server.stop()).toBe(0);

  const [started, ...rest] = server.logs().stdout.map((line) => JSON.parse(line) as unknown);
  const lines = rest.slice(0, -2).map((line) => requestLine.parse(line));
  expect(started).toHaveProperty('url', url);
  expect(rest.slice(-2)).toEqual([
    expect.objectContaining({ signal: 'SIGTERM', msg: expect.stringMatching(/^stopping/) }),
    expect.objectContaining({ msg: 'stopped' }),
  ]);
  expect(lines).toEqual([
    expected('POST', '/images/upload', 201, { bytes_in: bytes.length }),
    expected('GET', '/images/:image_id', 200, { request_id: 'my-own-id.1', bytes_in: 0 }),
    expected('GET', '/images/:image_id', 200),
    expected('GET', '/images/:image_id/content', 302),
    expected('GET', '/objects/*', 200, { bytes_out: bytes.length }),
    expected('HEAD', '/objects/*', 200),
    expected('GET', '/images', 200),
    expected('PATCH', '/images/:image_id', 200, { bytes_in: 13 }),
    expected('PATCH', '/images/:image_id', 400, { bytes_in: 7 }),
    expected('DELETE', '/images/:image_id', 204, { bytes_out: 0 }),
    expected('GET', '/images/:image_id', 404),
    expected('PUT', '/images', 405),
    expected('GET', '/*', 404),
    expected('GET', '/health', 200),
  ]);
  expect(lines.slice(1).map(({ request_id, bytes_out }) => ({ request_id, bytes_out }))).toEqual(answers);
  expect(new Set(lines.map(({ request_id }) => request_id)).size).toBe(lines.length);
});

/** In texts, and as the beginning of bytes. */
const SECRET = 'a-private-word';

/** Bodies that end in failures of every reader, some with a cause from a library. */
const BROKEN: readonly { type: string; body: string; query?: string }[] = [
  { type: 'application/json', body: `{"user_id":"${SECRET}","image_data":"${SECRET}` },
  { type: 'application/json', body: `{"user_id":"${SECRET}","image_data":"!!${SECRET}!!"}` },
  { type: 'application/json', body: `{"user_id":"${SECRET}","${SECRET}":1,"image_data":"AAAA"}` },
  { type: 'multipart/form-data', body: SECRET },
  { type: `multipart/form-data; boundary=${SECRET}`, body: SECRET },
  { type: 'multipart/form-data; boundary=x', body: `--x\r\n${SECRET}\r\n\r\n${SECRET}` },
  {
    type: 'multipart/form-data; boundary=x',
    body: `--x\r\ncontent-disposition: form-data; name="${SECRET}"; filename="${SECRET}"\r\n\r\n${SECRET}\r\n--x--\r\n`,
  },
  { type: 'image/png', body: `\x89PNG\r\n\x1a\n${SECRET}`, query: `user_id=${SECRET}` },
  { type: 'image/gif', body: `GIF89a${SECRET}`, query: `user_id=${SECRET}&${SECRET}=1` },
  { type: 'image/jpeg', body: `\xff\xd8\xff\xe1${SECRET}`, query: `user_id=${SECRET}&title=${SECRET}` },
  { type: 'image/webp', body: `RIFF\xff\xff\xff\xffWEBPVP8 ${SECRET}`, query: `user_id=${SECRET}` },
  { type: SECRET, body: SECRET },
];

test('the log never has a signature, the bytes of an image, or what people have written', async (context) => {
  onlyWhenLarge(context);
  const server = await startServerProcess();
  const { url } = server;
  const images = [];
  for (const form of UPLOAD_FORMS) {
    const fields = { user_id: SECRET, title: SECRET, filename: `${SECRET}.avif`, tags: [SECRET] };
    images.push(await uploadImage(url, form, { bytes, ...fields }));
    const refused = await sendUpload(url, form, { bytes: Buffer.from(SECRET), ...fields });
    expect(refused.status).toBe(415);
  }
  for (const { type, body, query } of BROKEN) {
    const init = { method: 'POST', headers: { 'content-type': type }, body: Buffer.from(body, 'latin1') };
    const { status } = await fetch(`${url}/images?${query ?? ''}`, init);
    expect(status, body).toBeGreaterThanOrEqual(400);
    expect(status, body).toBeLessThan(500);
  }
  const signed = images[0]?.url ?? '';
  const signature = new URL(signed).searchParams.get('signature') ?? '';
  expect(signature.length).toBeGreaterThan(40);
  for (const target of [
    signed,
    `${signed}x`,
    signed.replace('/objects/', '/objects/x'),
    `${url}/${SECRET}?${SECRET}`,
  ]) {
    await (
      await fetch(target, { headers: { authorization: SECRET, referer: `${url}/${SECRET}` } })
    ).arrayBuffer();
  }
  await (await fetch(`${url}/images?user_id=${SECRET}&tag=${SECRET}&last_evaluated_key=${SECRET}`)).text();
  expect(await server.stop()).toBe(0);

  const { stdout, stderr } = server.logs();
  expect(stderr).toEqual([]);
  const requests = stdout.filter((line) => line.includes('"request_id"'));
  expect(requests).toHaveLength(UPLOAD_FORMS.length * 2 + BROKEN.length + 5);
  const everything = stdout.join('\n');
  // What a library said of a failure is logged: so there was something to hide.
  expect(everything).toContain('"err":{');
  for (const hidden of [SECRET, signature, 'signature', bytes.toString('base64').slice(0, 40)]) {
    expect(everything).not.toContain(hidden);
  }
  for (const { image_id } of images) expect(everything).not.toContain(image_id);
});
