import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readImageHeader } from '../../src/domain/image-header.ts';
import { MEDIA_TYPES } from '../../src/domain/media-type.ts';
import { S3ObjectStore } from '../../src/drivers/aws/s3-object-store.ts';
import { functionUrlEvent } from '../support/gateway-events.ts';
import { quarters } from '../support/made-images.ts';
import { queueEvent } from '../support/queue-event.ts';
import { contentOf, MIB } from '../support/stored-bytes.ts';
import type { StreamedAnswer } from '../support/streamed-answers.ts';
import { bodyOf, type FunctionCalls } from './calls.ts';

type Shown = Readonly<
  Record<string, { readonly url: string; readonly width: number; readonly height: number }>
>;

/** What the functions do together with what is made of images. */
export function describeRenditions(user: string, { home, invoke, call, headerOf }: FunctionCalls): void {
  const upload = async (bytes?: Buffer) => {
    const uploaded = await call('upload-image', {
      method: 'POST',
      path: '/images',
      query: [['user_id', user]],
      headers: { 'content-type': 'image/jpeg' },
      body: bytes ?? (await quarters(900, 600).jpeg().toBuffer()),
    });
    expect(uploaded.statusCode).toBe(201);
    return String(bodyOf(uploaded)['image_id']);
  };
  const view = async (image_id: string) =>
    bodyOf(await call('view-image', { method: 'GET', path: `/images/${image_id}` }));

  test('an upload ends with its presets once process-image has had its job, and once is enough', async () => {
    const image_id = await upload();
    expect(await view(image_id)).toMatchObject({ status: 'ready', placeholder: null, renditions: {} });
    const jobs = await home().take('process-image', image_id);
    expect(jobs).toHaveLength(1);
    const [job = ''] = jobs;
    // SQS may hand it out twice.
    const batch = queueEvent({ job, again: job, torn: '{"kind":"process-im' });
    expect(await invoke('process-image', batch)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'torn' }],
    });
    const viewed = await view(image_id);
    expect(viewed).toMatchObject({
      status: 'ready',
      width: 900,
      height: 600,
      placeholder: { thumbhash: expect.any(String), color: expect.stringMatching(/^#/) },
      renditions: {
        thumb: { width: 256, height: 256 },
        small: { width: 640, height: 427 },
        medium: { width: 900, height: 600 },
      },
    });
    for (const { url, width, height } of Object.values(viewed['renditions'] as Shown)) {
      expect(await headerAt(url)).toMatchObject({ content_type: 'image/webp', width, height });
    }
    // Its note has gone with it: nothing is left that would be sent again.
    expect(await invoke('resend-jobs', {})).toEqual({ sent: 0 });
  });

  test('a size that nobody has made yet is made when it is asked for, and is there from then on', async () => {
    const image_id = await upload();
    const path = `/images/${image_id}/renditions`;
    const wanted = { method: 'GET', path, query: [['w', '90'] as const, ['format', 'jpeg'] as const] };
    // Before it has been looked at, nobody knows which way up it is.
    expect((await call('render-image', wanted)).statusCode).toBe(409);
    const [job = ''] = await home().take('process-image', image_id);
    await invoke('process-image', queueEvent({ job }));

    const rendered = await call('render-image', wanted);
    expect(rendered.statusCode).toBe(302);
    const url = headerOf(rendered, 'location');
    expect(await headerAt(url)).toMatchObject({ content_type: 'image/jpeg', width: 90, height: 60 });
    expect(new URL(headerOf(await call('render-image', wanted), 'location')).pathname).toBe(
      new URL(url).pathname,
    );
    const preset = await call('render-image', { method: 'GET', path: `${path}/thumb` });
    expect(await headerAt(headerOf(preset, 'location'))).toMatchObject({ width: 256, height: 256 });
  });

  /** What render-missing answers for a path, as CloudFront asks for it. */
  const missing = async (target: string, method?: string) =>
    (await invoke('render-missing', functionUrlEvent(target, method))) as StreamedAnswer;

  test('a size that is not in the bucket is made by render-missing, and is there from then on', async () => {
    const image_id = await upload();
    const [job = ''] = await home().take('process-image', image_id);
    await invoke('process-image', queueEvent({ job }));
    const record = await view(image_id);
    const { url } = (record['renditions'] as Shown)['thumb'] ?? { url: '' };
    // Beside the presets, and with the layer of encoding that CloudFront's URLs have.
    const key = decodeURIComponent(/\.renditions\/.*\.v1/.exec(url)?.[0] ?? '');
    const path = `/${key.split('/').map(encodeURIComponent).join('/')}/w90-h60-inside-q100.png`;
    const query = 'response-content-type=image%2Fpng&response-content-disposition=inline';

    const made = await missing(`${path}?${query}`);
    expect(made).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'image/png', 'content-disposition': 'inline' },
    });
    const bytes = Buffer.from(made.body, 'base64');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 90, height: 60 });
    const stored = new S3ObjectStore({
      client: home().aws.clients.s3,
      bucket: home().aws.storage.bucket,
      urlWindowSeconds: 60,
    });
    expect(await contentOf(stored, `${key}/w90-h60-inside-q100.png`)).toEqual(bytes);

    const head = await missing(path, 'HEAD');
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect(head.headers['etag']).toBe(made.headers['etag']);
    const wrong = await missing(path.replace('w90-h60', 'w90-h61'));
    expect(wrong).toMatchObject({ statusCode: 404, headers: { 'cache-control': 'no-store' } });
    expect(JSON.parse(Buffer.from(wrong.body, 'base64').toString())).toMatchObject({ code: 'not_found' });
    expect((await missing(path, 'POST')).statusCode).toBe(405);
  });

  test('one that is longer than what Lambda hands on at once comes whole', async () => {
    const [width, height] = [1800, 1400];
    const image_id = await upload(await noise(width, height));
    const [job = ''] = await home().take('process-image', image_id);
    await invoke('process-image', queueEvent({ job }));
    const { url } = ((await view(image_id))['renditions'] as Shown)['thumb'] ?? { url: '' };
    const key = decodeURIComponent(/\.renditions\/.*\.v1/.exec(url)?.[0] ?? '');
    const folder = key.split('/').map(encodeURIComponent).join('/');
    const made = await missing(`/${folder}/w${width}-h${height}-inside-q100.png`);
    expect(made.statusCode).toBe(200);
    const bytes = Buffer.from(made.body, 'base64');
    expect(bytes.length).toBeGreaterThan(6 * MIB);
    expect(made.headers['content-length']).toBe(String(bytes.length));
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width, height });
  });

  test('what cannot be decoded is rejected, and the function goes on with the next', async () => {
    const whole = await quarters(900, 600).jpeg().toBuffer();
    const torn = await call('upload-image', {
      method: 'POST',
      path: '/images',
      query: [['user_id', user]],
      headers: { 'content-type': 'image/jpeg' },
      body: whole.subarray(0, whole.length / 2),
    });
    const ids = [String(bodyOf(torn)['image_id']), await upload()];
    const jobs = await home().take('process-image', '');
    const ours = jobs.filter((job) => ids.some((id) => job.includes(id)));
    const batch = queueEvent(Object.fromEntries(ours.map((job, at) => [`job ${at}`, job])));
    expect(await invoke('process-image', batch)).toEqual({ batchItemFailures: [] });
    const [rejected, ready] = [await view(ids[0] ?? ''), await view(ids[1] ?? '')];
    expect(rejected).toMatchObject({ status: 'rejected', url: null });
    expect(rejected['rejection_reason']).toMatch(/^undecodable: /);
    expect(Object.keys(ready['renditions'] as Shown)).toEqual(['thumb', 'small', 'medium']);
  });
}

/** A picture that no format makes small but by losing much of it. */
function noise(width: number, height: number): Promise<Buffer> {
  const grain = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  return sharp({ create: { width, height, channels: 3, background: '#808080', noise: grain } })
    .jpeg({ quality: 70 })
    .toBuffer();
}

async function headerAt(url: string) {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  const limits = { maxPixels: 1e6, acceptedTypes: new Set(MEDIA_TYPES) };
  const header = readImageHeader(Buffer.from(await answer.arrayBuffer()), true, limits);
  expect(answer.headers.get('content-type')).toBe(header?.content_type);
  return header;
}
