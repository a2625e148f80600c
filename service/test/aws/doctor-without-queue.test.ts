import { expect, onTestFinished, test } from 'vitest';
import { overAws } from '../../src/compose/maintenance-aws.ts';
import type { Job } from '../../src/domain/job.ts';
import { DynamoJobOutbox } from '../../src/drivers/aws/dynamo-job-outbox.ts';
import { examineHome, type Finding } from '../../src/operations/maintenance/examine-home.ts';
import { openInstallation } from '../support/aws-installation.ts';
import { recordingLog } from '../support/recording-log.ts';
import { sampleRecord } from '../support/sample-record.ts';
import { propertiesOf, put } from '../support/stored-bytes.ts';

const BYTES = Buffer.from('bytes');
const UNLIMITED = { max_images: null, max_bytes: null };

test('where no queue is named, the job of a stuck image is left to whoever sends noted jobs', async () => {
  const { clients, storage, close } = await openInstallation();
  onTestFinished(close);
  const log = recordingLog();
  const home = overAws({ ...storage, jobsQueueUrl: '' }, clients, log);
  const mender = home.writable;
  if (!mender) throw new Error('On AWS everything can be written.');
  const { checksum_sha256 } = propertiesOf(BYTES);
  const record = sampleRecord({ size_bytes: BYTES.length, checksum_sha256 });
  await put(mender.objects, record.object_key, BYTES);
  await mender.index.insert(record);
  const reserved = await mender.quotas.reserve('alice', { images: 1, bytes: BYTES.length }, UNLIMITED);
  await reserved.keep(BYTES.length);

  const found: Finding[] = [];
  const options = { mender, scrub: true, before: Date.now(), settle: async () => {} };
  await examineHome(home, options, (finding) => found.push(finding));
  const { image_id } = record;
  expect(found).toMatchObject([{ kind: 'stuck-image', image_id, mended: true }]);
  expect(log.entries).toEqual([]);
  const sent: Job[] = [];
  const outbox = new DynamoJobOutbox({
    client: clients.dynamodb,
    table: storage.tables.listings,
    shards: async () => storage.listingShards,
    send: async (job) => void sent.push(job),
    log,
  });
  expect(await outbox.resend(Date.now() + 1000)).toBe(1);
  expect(sent).toEqual([{ kind: 'process-image', image_id, version: 1 }]);
});
