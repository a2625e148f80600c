import { S3ObjectStore } from '../../src/drivers/aws/s3-object-store.ts';
import { openBucket } from '../support/aws-installation.ts';
import { describeObjectStore } from './object-store.contract.ts';

describeObjectStore(
  'S3',
  async () => {
    const { clients, bucket, bucketUrl, close } = await openBucket();
    const store = new S3ObjectStore({ client: clients.s3, bucket, urlWindowSeconds: 3600 });
    return { store, publicUrl: bucketUrl, close };
  },
  { deletedWhileOpen: 'unavailable' },
);
