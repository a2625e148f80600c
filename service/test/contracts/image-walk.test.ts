import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { DynamoImageWalk } from '../../src/drivers/aws/dynamo-image-walk.ts';
import { openStorageForReading } from '../../src/drivers/embedded/open-for-reading.ts';
import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { describeImageWalk } from './image-walk.contract.ts';

describeImageWalk('memory', async () => {
  const index = createMemoryImageIndex();
  return { index, walk: index, close: async () => {} };
});

async function openEmbedded() {
  const folder = await scratchFolder();
  const storage = await openStorage(folder.path, silentLog);
  const close = async () => {
    await storage.close();
    await folder.remove();
  };
  return { folder, storage, close };
}

describeImageWalk('SQLite', async () => {
  const { storage, close } = await openEmbedded();
  return { index: storage.index, walk: storage.walk, close };
});

describeImageWalk('SQLite, read by another while it is open', async () => {
  const { folder, storage, close } = await openEmbedded();
  const reading = openStorageForReading(folder.path);
  return {
    index: storage.index,
    walk: reading.walk,
    async close() {
      reading.close();
      await close();
    },
  };
});

describeImageWalk('DynamoDB', async () => {
  const { clients, storage, close } = await openInstallation();
  const { dynamodb: client } = clients;
  const { tables, bucket } = storage;
  const pause = async () => {};
  const index = new DynamoImageIndex({ client, tables, bucket, shards: async () => 4, pause });
  const walk = new DynamoImageWalk({ client, table: tables.images, unitsPerSecond: 1000, pause });
  return { index, walk, close };
});
