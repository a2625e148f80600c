import { expect, test } from 'vitest';
import { ConfigError } from './config.ts';
import { readAwsPlace } from './migration.ts';

test('the AWS home is read whatever STORAGE says, without queue and secrets', () => {
  expect(
    readAwsPlace({ IMAGES_BUCKET: 'mine', IMAGES_TABLE: 'records', LISTING_SHARDS: '', STORAGE: 'x' }),
  ).toMatchObject({
    kind: 'aws',
    bucket: 'mine',
    tables: { images: 'records', listings: 'tintype-listings' },
    listingShards: 4,
    s3PathStyle: false,
  });
  const elsewhere = { IMAGES_BUCKET: 'mine', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' };
  expect(readAwsPlace(elsewhere).s3PathStyle).toBe(true);
});

test.each([
  [{}, 'IMAGES_BUCKET must name the bucket of the AWS home.'],
  [{ IMAGES_BUCKET: '' }, 'IMAGES_BUCKET must name the bucket of the AWS home.'],
  [{ IMAGES_BUCKET: 'mine', LISTING_SHARDS: '9' }, 'LISTING_SHARDS must be a whole number from 1 to 8.'],
])('an environment of %j is refused, and says what is wrong', (variables, problem) => {
  expect(() => readAwsPlace(variables)).toThrow(new ConfigError([problem]));
});
