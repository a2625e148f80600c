import { randomBytes } from 'node:crypto';
import { readInstallationNames } from '../service/src/config/storage.ts';
import { createAwsClients, destroyAwsClients } from '../service/src/drivers/aws/clients.ts';
import { setUpAws } from '../service/src/drivers/aws/set-up.ts';
import { createSqsClient } from '../service/src/drivers/aws/sqs-client.ts';
import { serveUntilStopped } from '../service/src/entry/serve.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../service/test/emulators/credentials.ts';
import { startDynamoDb } from '../service/test/emulators/dynamodb/dynamodb.ts';
import { startS3 } from '../service/test/emulators/s3/s3.ts';

/**
 * `npm run start:aws-local`: the AWS home on this machine, over emulators in this very process. What it
 * stores is in memory, and gone when it ends.
 */
const dynamodb = await startDynamoDb();
const s3 = await startS3();
const settings = { region: EMULATOR_REGION, credentials: EMULATOR_CREDENTIALS };
const endpoints = { dynamodb: dynamodb.endpoint, s3: s3.endpoint };
const clients = createAwsClients({ ...settings, endpoints, s3PathStyle: true });
const sqs = createSqsClient({ ...settings, endpoint: s3.sqsEndpoint });
const names = readInstallationNames(process.env);
const queueUrl = await setUpAws({ ...clients, sqs }, names, (line) => process.stdout.write(`${line}\n`));
destroyAwsClients(clients);
sqs.destroy();

Object.assign(process.env, {
  STORAGE: 'aws',
  IMAGES_BUCKET: names.bucket,
  JOBS_QUEUE_URL: queueUrl,
  SIGNING_SECRET: process.env['SIGNING_SECRET'] || randomBytes(32).toString('base64url'),
  AWS_REGION: EMULATOR_REGION,
  AWS_ACCESS_KEY_ID: EMULATOR_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: EMULATOR_CREDENTIALS.secretAccessKey,
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
  AWS_ENDPOINT_URL_S3: s3.endpoint,
  AWS_ENDPOINT_URL_SQS: s3.sqsEndpoint,
});
await serveUntilStopped();
await Promise.all([dynamodb.stop(), s3.stop()]);
