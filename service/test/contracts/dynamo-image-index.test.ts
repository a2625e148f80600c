import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { describeImageIndex } from './image-index.contract.ts';
import { SLOW_SCALE } from './scale.ts';

describeImageIndex(
  'DynamoDB',
  async () => {
    const { clients, storage, close } = await openInstallation();
    const index = new DynamoImageIndex({
      client: clients.dynamodb,
      tables: storage.tables,
      bucket: storage.bucket,
      shards: async () => storage.listingShards,
      pause: async () => {},
    });
    return { index, close };
  },
  SLOW_SCALE,
);
