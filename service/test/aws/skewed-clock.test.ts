import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createAwsClients, destroyAwsClients } from '../../src/drivers/aws/clients.ts';
import { createSqsClient } from '../../src/drivers/aws/sqs-client.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../emulators/credentials.ts';
import { startS3 } from '../emulators/s3/s3.ts';

const HOUR_MS = 3_600_000;
const SETTINGS = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };

test('requests are answered while the clock of the machine is an hour off, and once it has been put right', async () => {
  const s3 = await startS3();
  onTestFinished(() => s3.stop());
  const clients = createAwsClients({ ...SETTINGS, endpoints: { s3: s3.endpoint }, s3PathStyle: true });
  onTestFinished(() => destroyAwsClients(clients));
  const sqs = createSqsClient({ ...SETTINGS, endpoint: s3.sqsEndpoint });
  onTestFinished(() => sqs.destroy());
  const now = Date.now.bind(Date);
  let moved = 0;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + moved);
  onTestFinished(() => clock.mockRestore());
  for (const offset of [0, HOUR_MS, 0, -HOUR_MS, 0]) {
    moved = offset;
    const [buckets, queues] = await Promise.all([
      clients.s3.send(new ListBucketsCommand({})),
      sqs.send(new ListQueuesCommand({})),
    ]);
    expect([buckets, queues].map(({ $metadata }) => $metadata.httpStatusCode)).toEqual([200, 200]);
  }
});
