import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { FUNCTIONS, type FunctionName } from '../../src/operations/manifest.ts';
import type { FunctionRow } from '../../src/operations/manifest-rows.ts';
import { ecdsaPrivateKey, readSignedUrl, rsaKeyPair } from '../support/cloudfront.ts';
import { type FunctionProcess, startFunction } from '../support/function-process.ts';
import { type FunctionsHome, startFunctionsHome } from '../support/functions-home.ts';
import { type GatewayAnswer, type GatewayRequest, restEvent } from '../support/gateway-events.ts';
import { LARGE, onlyWhenLarge } from '../support/large.ts';
import { type SecretsManager, startSecretsManager } from '../support/secrets-manager.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
const { publicKey, privateKey } = rsaKeyPair();
const TRUSTED = { keyPairId: 'K2JCJMDEHXQW5F', publicKey };
const CDN = {
  CDN_URL: 'https://d111111abcdef8.cloudfront.net',
  CDN_KEY_PAIR_ID: TRUSTED.keyPairId,
  CDN_PRIVATE_KEY_ARN: arnOf('cdn'),
  // So long that no test comes to the end of a window.
  URL_EXPIRES_SECONDS: '302400',
};

let home: FunctionsHome;
let secretsManager: SecretsManager;

beforeAll(async () => {
  if (!LARGE) return;
  const secrets = new Map([
    [arnOf('cdn'), privateKey],
    [arnOf('ecdsa'), ecdsaPrivateKey()],
  ]);
  [home, secretsManager] = await Promise.all([startFunctionsHome(), startSecretsManager(secrets)]);
});

beforeEach(onlyWhenLarge);

afterAll(() => Promise.all([home?.stop(), secretsManager?.stop()]));

async function start(name: FunctionName, env: Readonly<Record<string, string>>): Promise<FunctionProcess> {
  const AWS_ENDPOINT_URL_SECRETS_MANAGER = secretsManager.endpoint;
  const running = await startFunction(home.toRun(name, { AWS_ENDPOINT_URL_SECRETS_MANAGER, ...env }));
  onTestFinished(() => running.stop());
  return running;
}

test.each(FUNCTIONS.map((row): [FunctionName, FunctionRow] => [row.name, row]))(
  '%s reads the private key at its cold start if it gives out URLs, and never else',
  async (name, { touches }) => {
    const presigns = touches.objects?.includes('presign-read') ?? false;
    secretsManager.taken();
    await start(name, CDN);
    expect(secretsManager.taken()).toEqual(presigns ? [arnOf('cdn')] : []);
  },
);

test('where there is no edge, no function reads anything', async () => {
  secretsManager.taken();
  await Promise.all(FUNCTIONS.map(({ name }) => start(name, {})));
  expect(secretsManager.taken()).toEqual([]);
});

test('all functions that give out URLs give out the same one of an image, signed for CloudFront', async () => {
  const call = async (name: FunctionName, request: GatewayRequest): Promise<GatewayAnswer> =>
    (await (await start(name, CDN)).invoke(restEvent(request))) as GatewayAnswer;
  const { body } = await call('upload-image', {
    method: 'POST',
    path: '/images',
    query: [['user_id', 'a/b é']],
    headers: { 'content-type': 'image/jpeg' },
    body: SMALL_IMAGES['image/jpeg'].bytes,
  });
  const { image_id, url } = JSON.parse(body) as { image_id: string; url: string };
  expect(readSignedUrl(url, TRUSTED)?.resource).toMatch(`${CDN.CDN_URL}/a%252Fb%2520%25C3%25A9/${image_id}?`);

  const path = `/images/${image_id}`;
  const viewed = await call('view-image', { method: 'GET', path });
  const content = await call('view-image-content', { method: 'GET', path: `${path}/content` });
  const listed = await call('list-images', { method: 'GET', path: '/images' });
  const updated = await call('update-image', {
    method: 'PATCH',
    path,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"title":"Evening"}'),
  });
  expect({
    viewed: JSON.parse(viewed.body).url,
    content: content.multiValueHeaders?.['location']?.[0],
    listed: JSON.parse(listed.body).items[0].url,
    updated: JSON.parse(updated.body).url,
  }).toEqual({ viewed: url, content: url, listed: url, updated: url });
});

test.each([
  ['an ECDSA key', arnOf('ecdsa'), / is of the kind ec, and must be RSA: /],
  ['no secret', arnOf('missing'), / could not be read: /],
])(
  'with %s a function does not start, and its log says why',
  async (_what, CDN_PRIVATE_KEY_ARN, sentence) => {
    await expect(start('view-image', { ...CDN, CDN_PRIVATE_KEY_ARN })).rejects.toThrow(sentence);
  },
);
