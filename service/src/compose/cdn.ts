import type { Config } from '../config/config.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/**
 * What signs URLs of objects for CloudFront, or undefined where S3 signs its own. What only an edge needs
 * is loaded only where there is one.
 * @throws OperatorError
 */
export async function loadCdnPresigner({ storage }: Config): Promise<ObjectStore['presignRead'] | undefined> {
  if (storage.kind !== 'aws' || storage.cdn === undefined) return undefined;
  const { url, keyPairId, privateKeyArn } = storage.cdn;
  const [{ createCloudFrontUrls }, { readSecret }] = await Promise.all([
    import('../drivers/aws/cloudfront-urls.ts'),
    import('../drivers/aws/secret.ts'),
  ]);
  return createCloudFrontUrls({ url, keyPairId, privateKey: await readSecret(privateKeyArn, {}) });
}
