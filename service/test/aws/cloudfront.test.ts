import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openAwsHome } from '../../src/compose/aws.ts';
import type { Home } from '../../src/compose/home.ts';
import { readConfig } from '../../src/config/config.ts';
import { createApp } from '../../src/http/app.ts';
import { expectImage, expectList } from '../support/answers.ts';
import { type AwsOnEmulators, startAwsOnEmulators } from '../support/aws-emulators.ts';
import { type Distribution, ecdsaPrivateKey, rsaKeyPair, startDistribution } from '../support/cloudfront.ts';
import { downloadName } from '../support/download-name.ts';
import { type SecretsManager, startSecretsManager } from '../support/secrets-manager.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { silentLog } from '../support/silent-log.ts';
import { newPng, upload } from '../support/uploads.ts';

const PUBLIC_URL = 'https://api.example.com';
const ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:tintype-cdn-AbCdEf';
const CDN = {
  CDN_URL: 'https://d111111abcdef8.cloudfront.net',
  CDN_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
  CDN_PRIVATE_KEY_ARN: ARN,
};
/** Some three days, so that no test comes to the end of a window. */
const WINDOW_SECONDS = 302_400;
const FILENAME = 'Größe & "Möwe" (1).png';
const BYTES = newPng(5000);

/** The parts of the AWS home that are not our own, and the secret of the edge. */
let aws: AwsOnEmulators;
let secretsManager: SecretsManager;
const secrets = new Map<string, string>();
const { publicKey, privateKey } = rsaKeyPair();

beforeAll(async () => {
  [aws, secretsManager] = await Promise.all([startAwsOnEmulators(), startSecretsManager(secrets)]);
  const env = { ...aws.environment, AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint };
  // The home makes its clients of what the SDK finds.
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([aws.stop(), secretsManager.stop()]);
});

/** The home as `npm start` opens it. */
async function openHome(): Promise<Home> {
  const config = readConfig({
    ...aws.environment,
    ...CDN,
    PUBLIC_URL,
    ALLOW_ANONYMOUS: 'true',
    URL_EXPIRES_SECONDS: String(WINDOW_SECONDS),
  });
  if (config.storage.kind !== 'aws') throw new Error('The environment is not that of the AWS home.');
  return openAwsHome(config, config.storage, silentLog);
}

describe('behind an edge', () => {
  let home: Home;
  let edge: Distribution;
  let clock: SettableClock;
  let request: (path: string, init?: RequestInit) => Promise<Response>;

  beforeAll(async () => {
    secrets.set(ARN, privateKey);
    home = await openHome();
    edge = await startDistribution({
      s3: aws.clients.s3,
      bucket: aws.storage.bucket,
      url: CDN.CDN_URL,
      trusted: { keyPairId: CDN.CDN_KEY_PAIR_ID, publicKey },
    });
    const context = home.contextFor(PUBLIC_URL);
    clock = new SettableClock(context.deps.clock);
    const app = createApp({ ...context, deps: { ...context.deps, clock } });
    request = async (path, init) => app.request(new Request(`${PUBLIC_URL}${path}`, init));
  });

  afterAll(() => Promise.all([edge.stop(), home.close()]));

  const uploaded = (user_id = 'alice') => upload({ request }, { user_id, filename: FILENAME }, BYTES);

  /** Asks the edge, and expects the whole image under its name. */
  async function expectServed(url: string | null, disposition: 'inline' | 'attachment'): Promise<void> {
    const response = await edge.fetch(url ?? '');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('image/png');
    const header = response.headers.get('content-disposition') ?? '';
    expect([header.split(';')[0], downloadName(header)]).toEqual([disposition, FILENAME]);
    expect(Buffer.from(await response.bytes()).equals(BYTES)).toBe(true);
  }

  test('an image is given out by CloudFront: to be shown, and with ?download=true to be saved', async () => {
    const { image_id, url } = await uploaded();
    await expectServed(url, 'inline');
    const saved = await expectImage(await request(`/images/${image_id}?download=true`));
    await expectServed(saved.url, 'attachment');
    expect(saved.url).not.toBe(url);
  });

  test.each(['..', '../../etc/passwd', 'a#b/c%2F é', '100%', '%252F', "o'hara (1)*", '🦅'.repeat(32)])(
    'an image of the user %j is found there',
    async (user) => {
      const { user_id, url } = await uploaded(user);
      expect(user_id).toBe(user);
      await expectServed(url, 'inline');
    },
  );

  test('whoever gives out the URL, an image has one until its window ends, and its expiry is exact', async () => {
    const { image_id, url, url_expires_at } = await uploaded('carol');
    const viewed = await expectImage(await request(`/images/${image_id}`));
    const content = await request(`/images/${image_id}/content`, { redirect: 'manual' });
    const { items } = await expectList(await request('/images?user_id=carol'));
    const changed = await request(`/images/${image_id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"title":"Evening"}',
    });
    expect([viewed.url, content.headers.get('location'), items[0]?.url]).toEqual([url, url, url]);
    expect((await expectImage(changed)).url).toBe(url);

    const expires = Date.parse(url_expires_at ?? '');
    expect(new URL(url ?? '').searchParams.get('Expires')).toBe(String(expires / 1000));
    clock.set(new Date(expires - WINDOW_SECONDS * 1000).toISOString());
    expect((await expectImage(await request(`/images/${image_id}`))).url).toBe(url);
    clock.advance(1);
    expect((await expectImage(await request(`/images/${image_id}`))).url).not.toBe(url);
    clock.release();
  });

  test('a part of it can be had: 206', async () => {
    const { url } = await uploaded();
    const response = await edge.fetch(url ?? '', { headers: { range: 'bytes=100-199' } });
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 100-199/5000']);
    expect(Buffer.from(await response.bytes()).equals(BYTES.subarray(100, 200))).toBe(true);
  });

  test('a URL that was changed is 403', async () => {
    const [{ url: own }, { url: other }] = [await uploaded(), await uploaded()];
    const url = own ?? '';
    const forgeries = [
      url.replace('image%2Fpng', 'text%2Fhtml'),
      url.replace('inline', 'attachment'),
      url.replace('Expires=1', 'Expires=2'),
      url.replace(/Signature=(.)/, (_, first) => `Signature=${first === 'A' ? 'B' : 'A'}`),
      url.replace(/[?].*/, ''),
      url.replace(new URL(url).pathname, new URL(other ?? '').pathname),
      `${url}&response-cache-control=public`,
    ];
    for (const forged of forgeries) {
      expect(forged).not.toBe(url);
      const response = await edge.fetch(forged);
      expect([response.status, (await response.text()).includes('PNG')], forged).toEqual([403, false]);
    }
    await expectServed(url, 'inline');
  });

  test('a URL that has expired is 403, and the image has a new one', async () => {
    clock.set(new Date(Date.now() - 3 * WINDOW_SECONDS * 1000).toISOString());
    const { image_id, url, url_expires_at } = await uploaded();
    clock.release();
    expect(Date.parse(url_expires_at ?? '')).toBeLessThan(Date.now());
    expect((await edge.fetch(url ?? '')).status).toBe(403);
    await expectServed((await expectImage(await request(`/images/${image_id}`))).url, 'inline');
  });
});

describe('the start behind an edge', () => {
  test.each([
    ['a missing secret', undefined, /^The secret arn:\S+ could not be read: /],
    ['a secret that is no key', 'no key', /^The secret at CDN_PRIVATE_KEY_ARN is no private key: /],
    ['an ECDSA key', ecdsaPrivateKey(), / is of the kind ec, and must be RSA: /],
  ])('ends with a sentence for %s', async (_what, secret, sentence) => {
    secrets.delete(ARN);
    if (secret !== undefined) secrets.set(ARN, secret);
    await expect(openHome()).rejects.toThrow(sentence);
  });
});
