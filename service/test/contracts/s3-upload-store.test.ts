import { S3ObjectStore } from '../../src/drivers/aws/s3-object-store.ts';
import { S3UploadStore } from '../../src/drivers/aws/s3-upload-store.ts';
import { openBucket } from '../support/aws-installation.ts';
import { describeUploadStore } from './upload-store.contract.ts';

describeUploadStore('S3', async () => {
  const { clients, bucket, close } = await openBucket();
  const client = clients.s3;
  return {
    uploads: new S3UploadStore({ client, copier: client, bucket }),
    objects: new S3ObjectStore({ client, bucket, urlWindowSeconds: 3600 }),
    send: (url, { method, headers, body }) => fetch(url, { method, headers, body: new Uint8Array(body) }),
    close,
  };
});
