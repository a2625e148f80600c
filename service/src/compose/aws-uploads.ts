import type { AwsStorageConfig } from '../config/storage.ts';
import { type AwsClients, type AwsLocation, createCopyClient } from '../drivers/aws/clients.ts';
import { S3UploadStore } from '../drivers/aws/s3-upload-store.ts';
import type { UploadStore } from '../ports/upload-store.ts';

/** Direct uploads into the bucket: apart, so that only functions that have to do with them have the code. */
export function createAwsUploads(
  { bucket, s3PathStyle }: Pick<AwsStorageConfig, 'bucket' | 's3PathStyle'>,
  { s3 }: Pick<AwsClients, 's3'>,
  location: Omit<AwsLocation, 's3PathStyle'> = {},
): UploadStore {
  return new S3UploadStore({ client: s3, copier: createCopyClient({ ...location, s3PathStyle }), bucket });
}
