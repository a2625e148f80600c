import { CloudFrontClient, CreateInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { unavailable } from '../../domain/errors.ts';
import type { EdgeCache } from '../../ports/edge-cache.ts';
import { commonSettings, type SdkSettings } from './sdk-settings.ts';

/** CloudFront has one region for all of the world. */
export function createCloudFrontClient(
  settings: SdkSettings & { readonly endpoint?: string },
): CloudFrontClient {
  const { endpoint, ...common } = settings;
  return new CloudFrontClient({
    ...commonSettings(common),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
}

/**
 * A distribution's caches. Each prefix is one path with an asterisk, of which a thousand a month are free:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PayingForInvalidation.html
 */
export function createCloudFrontCache({
  client,
  distributionId,
}: {
  readonly client: CloudFrontClient;
  readonly distributionId: string;
}): EdgeCache {
  return {
    async forget(prefixes, reference) {
      // As viewers ask for them: a key's own percent signs are escaped.
      const Items = prefixes.map((prefix) => `/${prefix.replaceAll('%', '%25')}*`);
      try {
        await client.send(
          new CreateInvalidationCommand({
            DistributionId: distributionId,
            InvalidationBatch: { CallerReference: reference, Paths: { Quantity: Items.length, Items } },
          }),
        );
      } catch (error) {
        throw unavailable('The caches cannot be told now.', error);
      }
    },
  };
}
