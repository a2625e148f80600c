import type { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { describe, expect, test } from 'vitest';
import { OUTAGES, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import { createCloudFrontCache } from './cloudfront-cache.ts';

const distributionId = 'E1A2B3C4D5E6F7';

describe('what CloudFront is to forget', () => {
  test('is one invalidation with a path for each prefix, as viewers spell it', async () => {
    const { client, sent } = stubbedClient<CloudFrontClient>(() => ({}));
    const cache = createCloudFrontCache({ client, distributionId });
    await cache.forget(['a%2Fb/01a2', '.renditions/a%2Fb/01a2.v'], '01a2 gone');
    expect(sent).toEqual([
      {
        name: 'CreateInvalidation',
        input: {
          DistributionId: distributionId,
          InvalidationBatch: {
            CallerReference: '01a2 gone',
            Paths: { Quantity: 2, Items: ['/a%252Fb/01a2*', '/.renditions/a%252Fb/01a2.v*'] },
          },
        },
      },
    ]);
  });

  test.each(OUTAGES)('is `unavailable` for %s, with the cause', async (_what, error) => {
    const { client } = stubbedClient<CloudFrontClient>(() => Promise.reject(error));
    const forgotten = createCloudFrontCache({ client, distributionId }).forget(['a/b'], 'once');
    await expect(forgotten).rejects.toMatchObject({ code: 'unavailable', cause: error });
  });
});
