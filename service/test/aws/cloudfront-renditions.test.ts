import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { openAwsHome } from '../../src/compose/aws.ts';
import type { Home } from '../../src/compose/home.ts';
import { readConfig } from '../../src/config/config.ts';
import { isImageId } from '../../src/domain/image-id.ts';
import type { WithdrawImage } from '../../src/domain/job.ts';
import { streamingHandlerFor } from '../../src/entry/lambda/streaming-handler.ts';
import { createApp } from '../../src/http/app.ts';
import { createMissingRenditionsApp } from '../../src/http/missing-renditions.ts';
import { processImage } from '../../src/operations/background/process-image.ts';
import { withdrawImage } from '../../src/operations/background/withdraw-image.ts';
import type { Deps } from '../../src/operations/deps.ts';
import type { Renderer } from '../../src/ports/renderer.ts';
import { expectEmpty } from '../support/answers.ts';
import { type AwsOnEmulators, startAwsOnEmulators } from '../support/aws-emulators.ts';
import { type Distribution, rsaKeyPair, startDistribution } from '../support/cloudfront.ts';
import { quarters } from '../support/made-images.ts';
import { type SecretsManager, startSecretsManager } from '../support/secrets-manager.ts';
import { silentLog } from '../support/silent-log.ts';
import { keysOf } from '../support/stored-bytes.ts';
import { callStreaming, installStreaming, isStreaming } from '../support/streamed-answers.ts';
import { upload } from '../support/uploads.ts';

const PUBLIC_URL = 'https://api.example.com';
const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:tintype-cdn-AbCdEf';
const CDN = {
  CDN_URL: 'https://d111111abcdef8.cloudfront.net',
  CDN_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
  CDN_PRIVATE_KEY_ARN: ARN,
  CDN_RENDERS: 'true',
  // Some three days, so that no test comes to the end of a window.
  URL_EXPIRES_SECONDS: '302400',
};
const { publicKey, privateKey } = rsaKeyPair();

let aws: AwsOnEmulators;
let secretsManager: SecretsManager;
/** The API and, as a process apart, the function behind CloudFront. */
let api: Home;
let renders: Home;
let apiDeps: Deps;
let edge: Distribution;
let request: (path: string, init?: RequestInit) => Promise<Response>;
/** What has been rendered, by whom. */
const rendered: string[] = [];
/** Methods of the requests that came to the function. */
const asked: string[] = [];

beforeAll(async () => {
  const secrets = new Map([[ARN, privateKey]]);
  [aws, secretsManager] = await Promise.all([startAwsOnEmulators(), startSecretsManager(secrets)]);
  const env = { ...aws.environment, AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint };
  // The homes make their clients of what the SDK finds.
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  installStreaming();
  [api, renders] = await Promise.all([openHome(), openHome()]);
  const context = api.contextFor(PUBLIC_URL);
  apiDeps = { ...context.deps, renderer: telling('the API', context.deps.renderer) };
  const app = createApp({ ...context, deps: apiDeps });
  request = async (path, init) => app.request(new Request(`${PUBLIC_URL}${path}`, init));
  const { s3 } = aws.clients;
  const trusted = { keyPairId: CDN.CDN_KEY_PAIR_ID, publicKey };
  const { bucket } = aws.storage;
  edge = await startDistribution({ s3, bucket, url: CDN.CDN_URL, trusted, renders: callFunction() });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([edge.stop(), api.close(), renders.close()]);
  await Promise.all([aws.stop(), secretsManager.stop()]);
});

beforeEach(() => {
  rendered.length = 0;
  asked.length = 0;
});

async function openHome(): Promise<Home> {
  const config = readConfig({ ...aws.environment, ...CDN, PUBLIC_URL, ALLOW_ANONYMOUS: 'true' });
  if (config.storage.kind !== 'aws') throw new Error('The environment is not that of the AWS home.');
  return openAwsHome(config, config.storage, silentLog);
}

function telling(who: string, renderer: Renderer): Renderer {
  return {
    develop: (image, wanted) => renderer.develop(image, wanted),
    close: () => renderer.close(),
    render(image, plan) {
      rendered.push(`${who}: ${plan.width} x ${plan.height}`);
      return renderer.render(image, plan);
    },
  };
}

/** The function's own handler, as Lambda calls it for each request to its URL. */
function callFunction() {
  const context = renders.contextFor(PUBLIC_URL);
  const deps = { ...context.deps, renderer: telling('the function', context.deps.renderer) };
  const handler = streamingHandlerFor(createMissingRenditionsApp({ ...context, deps }));
  return (event: object) => {
    if (!isStreaming(handler)) throw new Error('The handler does not stream.');
    const { http } = (event as { readonly requestContext: { readonly http: { readonly method: string } } })
      .requestContext;
    asked.push(http.method);
    return callStreaming(handler, event);
  };
}

/** An image with its presets, of 900 x 600 pixels. */
async function processed(user_id = 'alice'): Promise<string> {
  const { image_id } = await upload({ request }, { user_id }, await quarters(900, 600).png().toBuffer());
  if (!isImageId(image_id)) throw new Error(`${image_id} is no id.`);
  const deps = { ...apiDeps, scanner: undefined, keepGps: false };
  const attempt = { number: 1, isLast: false };
  await processImage(deps, { kind: 'process-image', image_id, version: 1 }, attempt);
  return image_id;
}

/** Where the API sends callers for a rendition. */
async function urlOf(image_id: string, query: string): Promise<string> {
  const response = await request(`/images/${image_id}/renditions?${query}`, { redirect: 'manual' });
  expect(response.status).toBe(302);
  return response.headers.get('location') ?? '';
}

const HEADERS = [
  'content-type',
  'content-disposition',
  'content-length',
  'cache-control',
  'etag',
  'last-modified',
] as const;

async function told(response: Response) {
  const bytes = Buffer.from(await response.bytes());
  const headers = HEADERS.map((name) => [name, response.headers.get(name)] as const);
  return { status: response.status, headers: Object.fromEntries(headers), bytes: bytes.toString('base64') };
}

const madeOf = async (image_id: string) =>
  (await keysOf(apiDeps.objects, '.renditions/')).filter(
    (key) => key.includes(image_id) && /\/w\d/.test(key),
  );

describe('behind an edge that has renditions made', () => {
  test('the first who fetches one has it made, and all later ones get the same from the bucket', async () => {
    const image_id = await processed();
    const url = await urlOf(image_id, 'w=300&format=png');
    expect([rendered, await madeOf(image_id)]).toEqual([[], []]);

    const first = await told(await edge.fetch(url));
    expect([rendered, asked]).toEqual([['the function: 300 x 200'], ['GET']]);
    expect(first).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'image/png',
        'content-disposition': 'inline',
        'cache-control': 'max-age=31536000, immutable',
      },
    });
    const picture = await sharp(Buffer.from(first.bytes, 'base64')).metadata();
    expect(picture).toMatchObject({ format: 'png', width: 300, height: 200 });

    const second = await told(await edge.fetch(url));
    expect(second).toEqual(first);
    expect(await urlOf(image_id, 'w=300&format=png')).toBe(url);
    expect([rendered.length, asked.length]).toEqual([1, 1]);
    expect(await madeOf(image_id)).toEqual([`.renditions/alice/${image_id}.v1/w300-h200-inside-q100.png`]);
  });

  test('of many who are the first at once all get the same, made once', async () => {
    const url = await urlOf(await processed(), 'w=120&h=120&fit=cover');
    const answers = await Promise.all(Array.from({ length: 20 }, async () => told(await edge.fetch(url))));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(rendered).toEqual(['the function: 120 x 120']);
  });

  test('HEAD has it made as well, and tells of it', async () => {
    const url = await urlOf(await processed(), 'w=77');
    const head = await told(await edge.fetch(url, { method: 'HEAD' }));
    expect([rendered.length, asked]).toEqual([1, ['HEAD']]);
    const whole = await told(await edge.fetch(url));
    expect({ ...whole, bytes: '' }).toEqual(head);
    expect(asked).toHaveLength(1);
  });

  test('nobody has anything made by a URL that was changed: 403, and the function is not asked', async () => {
    const image_id = await processed();
    const url = await urlOf(image_id, 'w=300&format=png');
    const forgeries = [
      url.replace('w300-h200', 'w600-h400'),
      url.replace('.v1/', '.v2/'),
      url.replace('image%2Fpng', 'text%2Fhtml'),
      url.replace('Expires=1', 'Expires=2'),
      url.replace(/Signature=(.)/, (_, first) => `Signature=${first === 'A' ? 'B' : 'A'}`),
      url.replace(/[?].*/, ''),
    ];
    for (const forged of forgeries) {
      expect(forged).not.toBe(url);
      expect((await edge.fetch(forged)).status, forged).toBe(403);
    }
    expect([rendered, asked, await madeOf(image_id)]).toEqual([[], [], []]);
  });

  test('for a user whose paths cannot be signed for a function the API makes it', async () => {
    const image_id = await processed('größe & "Möwe"/1');
    const url = await urlOf(image_id, 'w=300&format=png');
    expect(rendered).toEqual(['the API: 300 x 200']);
    expect((await told(await edge.fetch(url))).status).toBe(200);
    expect([rendered.length, asked]).toEqual([1, []]);
  });

  test('of an image that was deleted nothing is made any more', async () => {
    const image_id = await processed();
    const url = await urlOf(image_id, 'w=300&format=png');
    await expectEmpty(await request(`/images/${image_id}`, { method: 'DELETE' }), 204);
    if (!isImageId(image_id)) throw new Error(`${image_id} is no id.`);
    const withdrawal: WithdrawImage = {
      kind: 'withdraw-image',
      image_id,
      user_id: 'alice',
      object_keys: [],
    };
    await withdrawImage({ ...apiDeps, edge: undefined }, withdrawal);
    const gone = await edge.fetch(url);
    expect([gone.status, gone.headers.get('cache-control')]).toEqual([404, 'no-store']);
    expect(await gone.json()).toMatchObject({ code: 'not_found' });
    expect([rendered, await madeOf(image_id)]).toEqual([[], []]);
  });

  test('what is missing of the images themselves is not asked of the function', async () => {
    const { url, image_id } = await upload({ request }, {}, await quarters(90, 60).png().toBuffer());
    await expectEmpty(await request(`/images/${image_id}`, { method: 'DELETE' }), 204);
    expect((await edge.fetch(url ?? '')).status).toBe(404);
    expect(asked).toEqual([]);
  });
});
