import { JOB_KINDS, type Job, jobFromText } from '../../src/domain/job.ts';
import { DynamoImageIndex } from '../../src/drivers/aws/dynamo-image-index.ts';
import { DynamoJobOutbox } from '../../src/drivers/aws/dynamo-job-outbox.ts';
import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { createMemoryJobQueue } from '../../src/drivers/memory/memory-job-queue.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { describeIndexJobs } from './index-jobs.contract.ts';

describeIndexJobs('memory', async () => {
  const { jobs, enqueue } = createMemoryJobQueue();
  return { index: createMemoryImageIndex({ enqueue }), queued: async () => jobs, close: async () => {} };
});

describeIndexJobs('SQLite', async () => {
  const folder = await scratchFolder();
  const { index, jobs, close } = await openStorage(folder.path, silentLog);
  return {
    index,
    queued: async () =>
      JOB_KINDS.flatMap((kind) => jobs.due(kind, Number.MAX_SAFE_INTEGER, 1000)).map(({ content }) =>
        jobFromText(content),
      ),
    close: () => close().then(() => folder.remove()),
  };
});

describeIndexJobs('DynamoDB', async () => {
  const { clients, storage, close } = await openInstallation();
  const { dynamodb: client } = clients;
  const { tables, bucket } = storage;
  const shards = async () => 4;
  const sent: Job[] = [];
  const send = async (job: Job) => void sent.push(job);
  const outbox = new DynamoJobOutbox({ client, table: tables.listings, shards, send, log: silentLog });
  const index = new DynamoImageIndex({ client, tables, bucket, shards, pause: async () => {}, outbox });
  return { index, queued: async () => sent, close };
});
