import type { AwsStorageConfig } from '../config/storage.ts';
import type { EdgeCache } from '../ports/edge-cache.ts';

/** What tells the caches in front of the bucket, where the configuration names them; its code is loaded only then. */
export async function openEdge({ cdn }: Pick<AwsStorageConfig, 'cdn'>): Promise<EdgeCache | undefined> {
  if (cdn?.distributionId === undefined) return undefined;
  const { createCloudFrontCache, createCloudFrontClient } = await import(
    '../drivers/aws/cloudfront-cache.ts'
  );
  return createCloudFrontCache({
    client: createCloudFrontClient({}),
    distributionId: cdn.distributionId,
  });
}
