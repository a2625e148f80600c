import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { OperatorError } from '../../domain/operator-error.ts';
import { type AwsLocation, createAwsClients, destroyAwsClients } from './clients.ts';

/** Nothing is signed with them that anybody is given: the SDK makes no URL without any. */
const MADE_UP = { accessKeyId: 'made-up', secretAccessKey: 'made-up' };

/**
 * The origin of the bucket's presigned URLs, as the SDK finds it in this process's environment; nothing is
 * sent.
 * @throws OperatorError where the environment names no region.
 */
export async function originOfBucket(bucket: string, location: AwsLocation): Promise<string> {
  const clients = createAwsClients({ ...location, credentials: MADE_UP });
  try {
    await clients.s3.config.region().catch((cause: unknown) => {
      throw new OperatorError('AWS_REGION must say in which region the bucket is.', { cause });
    });
    const url = await getSignedUrl(clients.s3, new HeadObjectCommand({ Bucket: bucket, Key: 'any' }));
    return new URL(url).origin;
  } finally {
    destroyAwsClients(clients);
  }
}
