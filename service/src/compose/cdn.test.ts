import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ecdsaPrivateKey, readSignedUrl, rsaKeyPair } from '../../test/support/cloudfront.ts';
import { type SecretsManager, startSecretsManager } from '../../test/support/secrets-manager.ts';
import { newKey } from '../../test/support/stored-bytes.ts';
import { readConfig } from '../config/config.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { loadCdnPresigner } from './cdn.ts';

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;
const AWS = {
  STORAGE: 'aws',
  IMAGES_BUCKET: 'pictures',
  JOBS_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/jobs',
  SIGNING_SECRET: 's'.repeat(32),
};
const CDN = { CDN_URL: 'https://images.example.com', CDN_KEY_PAIR_ID: 'K2JCJMDEHXQW5F' };
const { publicKey, privateKey } = rsaKeyPair();

let secretsManager: SecretsManager;

beforeAll(async () => {
  secretsManager = await startSecretsManager(
    new Map([
      [arnOf('rsa'), privateKey],
      [arnOf('ecdsa'), ecdsaPrivateKey()],
      [arnOf('words'), 'no key at all'],
    ]),
  );
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', secretsManager.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});

afterEach(() => {
  secretsManager.taken();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await secretsManager.stop();
});

const load = (secret: string) =>
  loadCdnPresigner(readConfig({ ...AWS, ...CDN, CDN_PRIVATE_KEY_ARN: arnOf(secret) }));

describe('what signs URLs for CloudFront', () => {
  test('has the private key at CDN_PRIVATE_KEY_ARN, read once', async () => {
    const presignRead = await load('rsa');
    const options = { content_type: 'image/png', content_disposition: 'inline' } as const;
    for (const expires_at of [1_800_000_000_000, 1_800_003_600_000]) {
      const url = (await presignRead?.(newKey(), { ...options, expires_at })) ?? '';
      const trusted = { keyPairId: CDN.CDN_KEY_PAIR_ID, publicKey };
      expect(readSignedUrl(url, trusted)?.expires).toBe(expires_at / 1000);
      expect(url.startsWith(`${CDN.CDN_URL}/alice/`)).toBe(true);
    }
    expect(secretsManager.taken()).toEqual([arnOf('rsa')]);
  });

  test.each([
    ['an AWS home without an edge', AWS],
    ['an embedded home', { ...CDN, CDN_PRIVATE_KEY_ARN: arnOf('rsa') }],
  ])('is nothing in %s, and nobody is asked', async (_what, variables) => {
    expect(await loadCdnPresigner(readConfig(variables))).toBeUndefined();
    expect(secretsManager.taken()).toEqual([]);
  });

  test.each([
    [
      'missing',
      /^The secret arn:\S+ could not be read: can't find the specified secret.+ may call secretsmanager:GetSecretValue/,
    ],
    ['words', /^The secret at CDN_PRIVATE_KEY_ARN is no private key: it must be PEM/],
    ['ecdsa', /^The private key at CDN_PRIVATE_KEY_ARN is of the kind ec, and must be RSA: /],
  ])('ends the start with a remedy where the secret is: %s', async (secret, sentence) => {
    const loading = load(secret);
    await expect(loading).rejects.toBeInstanceOf(OperatorError);
    await expect(loading).rejects.toThrow(sentence);
  });
});
