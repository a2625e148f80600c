import { afterEach, describe, expect, test, vi } from 'vitest';
import { originOfBucket } from './bucket-origin.ts';

afterEach(() => vi.unstubAllEnvs());

describe('the origin of a bucket', () => {
  test("is the bucket's own on AWS, in its region", async () => {
    const location = { region: 'eu-west-1', s3PathStyle: false };
    expect(await originOfBucket('tintype-images', location)).toBe(
      'https://tintype-images.s3.eu-west-1.amazonaws.com',
    );
    expect(await originOfBucket('tintype-images', { ...location, region: 'us-east-1' })).toBe(
      'https://tintype-images.s3.us-east-1.amazonaws.com',
    );
  });

  test("is the engine's where buckets are in the path", async () => {
    const endpoints = { s3: 'http://127.0.0.1:4566' };
    const location = { region: 'us-east-1', s3PathStyle: true, endpoints };
    expect(await originOfBucket('tintype-images', location)).toBe('http://127.0.0.1:4566');
  });

  test('is found in the environment, as everything of AWS is', async () => {
    vi.stubEnv('AWS_REGION', 'ap-south-1');
    expect(await originOfBucket('tintype-images', { s3PathStyle: false })).toBe(
      'https://tintype-images.s3.ap-south-1.amazonaws.com',
    );
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:9000');
    expect(await originOfBucket('tintype-images', { s3PathStyle: true })).toBe('http://127.0.0.1:9000');
  });

  test('is not known without a region: a sentence for the operator', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
    await expect(originOfBucket('tintype-images', { s3PathStyle: false })).rejects.toMatchObject({
      name: 'OperatorError',
      message: 'AWS_REGION must say in which region the bucket is.',
    });
  });
});
