import { parseArgs } from 'node:util';
import { readInstallationNames } from '../service/src/config/storage.ts';
import { createAwsClients, destroyAwsClients } from '../service/src/drivers/aws/clients.ts';
import { setUpAws } from '../service/src/drivers/aws/set-up.ts';
import { createSqsClient } from '../service/src/drivers/aws/sqs-client.ts';

const HELP = `npm run setup:aws -- [--endpoint URL] [--region REGION]

Makes the bucket, the tables and the queue of the AWS home where they are not there yet, and prints the
environment with which \`npm start\` uses them. Names come from IMAGES_BUCKET, IMAGES_TABLE, LISTINGS_TABLE,
LEDGER_TABLE and AUDIT_TABLE, credentials from where the AWS SDK finds them.

  --endpoint URL    an emulator or another engine for all services, such as http://127.0.0.1:4566
  --region REGION   us-east-1 unless AWS_REGION says otherwise
`;

/** `npm run setup:aws`: for emulators and trials; on an account the infrastructure makes all of this. */
const { values } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    region: { type: 'string', default: process.env['AWS_REGION'] ?? 'us-east-1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  await setUp(values.endpoint, values.region);
}

async function setUp(endpoint: string | undefined, region: string): Promise<void> {
  const clients = createAwsClients({
    region,
    ...(endpoint === undefined ? {} : { endpoints: { dynamodb: endpoint, s3: endpoint } }),
    s3PathStyle: endpoint !== undefined,
  });
  const sqs = createSqsClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  const names = readInstallationNames(process.env);
  try {
    const queueUrl = await setUpAws({ ...clients, sqs }, names, (line) =>
      process.stdout.write(`# ${line}\n`),
    );
    const lines = [
      'STORAGE=aws',
      `AWS_REGION=${region}`,
      ...(endpoint === undefined ? [] : [`AWS_ENDPOINT_URL=${endpoint}`]),
      `IMAGES_BUCKET=${names.bucket}`,
      `JOBS_QUEUE_URL=${queueUrl}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  } catch (error) {
    process.stderr.write(`Could not set up: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    destroyAwsClients(clients);
    sqs.destroy();
  }
}
