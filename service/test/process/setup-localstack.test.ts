import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeEach, expect, onTestFinished, type TestContext, test } from 'vitest';
import { functionsOf } from '../../../infra/src/rows.ts';
import { TRIES_OF_A_JOB } from '../../src/drivers/aws/job-message.ts';
import { tableDefinitions } from '../../src/drivers/aws/tables.ts';
import { FUNCTIONS } from '../../src/operations/manifest.ts';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../emulators/credentials.ts';
import { startDynamoDb } from '../emulators/dynamodb/dynamodb.ts';
import { startS3 } from '../emulators/s3/s3.ts';
import { onlyWhenLarge } from '../support/large.ts';
import {
  behindOneAddress,
  healthyAfter,
  routes,
  runOverStandIn,
  runScript,
} from './setup-localstack/run-script.ts';

const TABLES = {
  images: 'tintype-images',
  listings: 'tintype-listings',
  ledger: 'tintype-ledger',
  audit: 'tintype-audit',
};

const WITH_API = { args: ['--with-api'], env: { SIGNING_SECRET: 's'.repeat(32) } };

/** Skips where a program is not installed, and says so. */
async function needs(context: TestContext, program: string, argument: string): Promise<void> {
  await promisify(execFile)(program, [argument]).catch(() => {
    const reason = `the script needs ${program}, and this machine has none`;
    process.stdout.write(`skipped: ${reason}\n`);
    context.skip(reason);
  });
}

/** What follows an option in a call. */
const after = (call: readonly string[], option: string) => call[call.indexOf(option) + 1];

const timeoutOf = (name: string) => FUNCTIONS.find((row) => row.name === name)?.timeout_seconds ?? Number.NaN;

const named = (calls: readonly (readonly string[])[], action: string) =>
  calls.map((call) => call.slice(4)).filter((call) => call[1] === action);

beforeEach((context) => needs(context, 'curl', '--version'));

test('makes bucket, tables and queue once LocalStack is healthy, and prints how to use them', async () => {
  const url = await healthyAfter(1);
  const { stdout, calls } = await runOverStandIn({ there: false, url });
  for (const call of calls)
    expect(call.slice(0, 4)).toEqual(['--endpoint-url', url, '--region', 'us-east-1']);
  const made = calls.map((call) => call.slice(4)).filter(([, action]) => action?.startsWith('create-'));
  expect(made).toEqual([
    ['s3api', 'create-bucket', '--bucket', 'tintype-images'],
    ...Object.values(tableDefinitions(TABLES)).map(({ create }) => [
      'dynamodb',
      'create-table',
      '--cli-input-json',
      JSON.stringify(create),
    ]),
    ...['tintype-jobs-dead', 'tintype-jobs'].map((name) => [
      ...['sqs', 'create-queue', '--queue-name', name, '--query', 'QueueUrl', '--output', 'text'],
    ]),
  ]);
  const [redrive = []] = named(calls, 'set-queue-attributes');
  const attributes = JSON.parse(after(redrive, '--attributes') ?? '');
  expect(JSON.parse(attributes.RedrivePolicy)).toEqual({
    deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:jobs-dead',
    maxReceiveCount: String(TRIES_OF_A_JOB),
  });
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining([
      'STORAGE=aws',
      `AWS_ENDPOINT_URL=${url}`,
      'IMAGES_BUCKET=tintype-images',
      'JOBS_QUEUE_URL=http://queue.example/000000000000/jobs',
    ]),
  );
});

test('leaves what is there already as it is', async () => {
  const { calls } = await runOverStandIn({ there: true, url: await healthyAfter(0) });
  const actions = calls.map((call) => call[5]);
  expect(actions.filter((action) => action?.startsWith('create-'))).toEqual(['create-queue', 'create-queue']);
});

test('names the region to S3 where it is not the one that S3 takes when none is named', async () => {
  const env = { AWS_REGION: 'eu-west-1' };
  const { calls } = await runOverStandIn({ there: false, url: await healthyAfter(0), env });
  expect(named(calls, 'create-bucket')).toEqual([
    [
      ...['s3api', 'create-bucket', '--bucket', 'tintype-images'],
      ...['--create-bucket-configuration', 'LocationConstraint=eu-west-1'],
    ],
  ]);
});

test('says so when LocalStack does not answer', async () => {
  const url = await healthyAfter(1000);
  const run = runOverStandIn({ there: true, url, env: { WAIT_SECONDS: '0' } });
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: `LocalStack does not answer at ${url} after 0 s. Start it first, or say where it is with LOCALSTACK_URL.\n`,
  });
});

test('fails where the tables cannot be told, and does not go on without them', async () => {
  const run = runOverStandIn({ there: false, url: await healthyAfter(0), env: { LISTING_SHARDS: 'nine' } });
  await expect(run).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('LISTING_SHARDS'),
  });
});

test('refuses what it does not know', async () => {
  const run = runOverStandIn({ there: true, url: 'http://127.0.0.1:1', args: ['--with-apis'] });
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no --with-apis'),
  });
});

test('with --with-api puts every function behind its routes, once each', async (context) => {
  onlyWhenLarge(context);
  await needs(context, 'zip', '-v');
  const url = await healthyAfter(0);
  const { stdout, calls } = await runOverStandIn({ there: false, url, ...WITH_API });
  expect(stdout).toMatch(new RegExp(`^API_URL=${url}/_aws/execute-api/api/live$`, 'm'));
  const functions = named(calls, 'create-function');
  expect(functions.map((call) => [after(call, '--function-name'), after(call, '--timeout')])).toEqual(
    functionsOf({}).map(({ name, timeout_seconds }) => [`tintype-${name}`, String(timeout_seconds)]),
  );
  for (const call of functions) {
    expect(after(call, '--runtime')).toBe('nodejs24.x');
    expect(after(call, '--architectures')).toBe(process.arch === 'arm64' ? 'arm64' : 'x86_64');
    expect(JSON.parse(after(call, '--environment') ?? '')).toEqual({
      Variables: {
        STORAGE: 'aws',
        ALLOW_ANONYMOUS: 'true',
        PUBLIC_URL: `${url}/_aws/execute-api/api/live`,
        IMAGES_BUCKET: 'tintype-images',
        JOBS_QUEUE_URL: 'http://queue.example/000000000000/jobs',
        JOB_QUEUES: 'by-kind',
        SIGNING_SECRET: WITH_API.env.SIGNING_SECRET,
        AWS_ENDPOINT_URL_S3: `http://localhost.localstack.cloud:${new URL(url).port}`,
      },
    });
  }
  const integrations = named(calls, 'put-integration').map((call) => ({
    resource: after(call, '--resource-id'),
    method: after(call, '--http-method'),
    operation: /:function:tintype-([\w-]+)\/invocations$/.exec(after(call, '--uri') ?? '')?.[1],
  }));
  expect(integrations).toEqual(
    routes().map(({ resource, method, operation }) => ({ resource, method, operation })),
  );
  expect(named(calls, 'add-permission').map((call) => after(call, '--source-arn'))).toEqual(
    routes().map(
      ({ method, path }) =>
        `arn:aws:execute-api:us-east-1:000000000000:api/*/${method}${path.replaceAll(/\{[^}]*\}/g, '*')}`,
    ),
  );
  const feeding = named(calls, 'create-event-source-mapping');
  expect(feeding.map((call) => [after(call, '--function-name'), after(call, '--event-source-arn')])).toEqual([
    ['tintype-clean-up-object', 'arn:aws:sqs:us-east-1:000000000000:jobs'],
    ['tintype-finish-upload', 'arn:aws:sqs:us-east-1:000000000000:uploads'],
    ['tintype-process-image', 'arn:aws:sqs:us-east-1:000000000000:jobs-process-image'],
    ['tintype-withdraw-image', 'arn:aws:sqs:us-east-1:000000000000:jobs-withdraw-image'],
    ['tintype-erase-images', 'arn:aws:sqs:us-east-1:000000000000:jobs-erase-images'],
    ['tintype-announce-event', 'arn:aws:sqs:us-east-1:000000000000:jobs-announce-event'],
  ]);
  const queues = named(calls, 'create-queue').map((call) => after(call, '--queue-name'));
  for (const name of ['process-image', 'withdraw-image', 'erase-images', 'announce-event']) {
    expect(queues).toEqual(expect.arrayContaining([`tintype-jobs-${name}`, `tintype-jobs-${name}-dead`]));
  }
  const hidden = named(calls, 'set-queue-attributes').filter((call) =>
    after(call, '--attributes')?.startsWith('VisibilityTimeout='),
  );
  expect(
    hidden.map((call) => [after(call, '--queue-url')?.split('/').at(-1), after(call, '--attributes')]),
  ).toEqual([
    ['jobs', `VisibilityTimeout=${6 * timeoutOf('clean-up-object')}`],
    ['uploads', `VisibilityTimeout=${6 * timeoutOf('finish-upload')}`],
    ['jobs-process-image', `VisibilityTimeout=${6 * timeoutOf('process-image')}`],
    ['jobs-withdraw-image', `VisibilityTimeout=${6 * timeoutOf('withdraw-image')}`],
    ['jobs-erase-images', `VisibilityTimeout=${6 * timeoutOf('erase-images')}`],
    ['jobs-announce-event', `VisibilityTimeout=${6 * timeoutOf('announce-event')}`],
  ]);
  const [told = []] = named(calls, 'put-bucket-notification-configuration');
  expect(after(told, '--bucket')).toBe('tintype-images');
  expect(JSON.parse(after(told, '--notification-configuration') ?? '')).toEqual({
    QueueConfigurations: [
      {
        QueueArn: 'arn:aws:sqs:us-east-1:000000000000:uploads',
        Events: ['s3:ObjectCreated:*'],
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: '.uploads/' }] } },
      },
    ],
  });
  expect(calls.at(-1)?.slice(4, 6)).toEqual(['apigateway', 'create-deployment']);
});

test('with --with-api brings up to date what is there, and makes nothing twice', async (context) => {
  onlyWhenLarge(context);
  await needs(context, 'zip', '-v');
  const { calls } = await runOverStandIn({ there: true, url: await healthyAfter(0), ...WITH_API });
  const made = calls.map((call) => call[5]).filter((action) => /^(create|add)-/.test(action ?? ''));
  // Making a queue that is there changes nothing: one for each kind of job and for uploads, each with its dead letters.
  expect(made).toEqual([...Array(12).fill('create-queue'), 'create-deployment']);
  const functions = functionsOf({}).map(({ name }) => `tintype-${name}`);
  for (const action of ['update-function-code', 'update-function-configuration']) {
    expect(named(calls, action).map((call) => after(call, '--function-name'))).toEqual(functions);
  }
  expect(named(calls, 'put-integration')).toHaveLength(routes().length);
});

test('the AWS CLI makes of it what the service wants, and a second run leaves it so', async (context) => {
  onlyWhenLarge(context);
  await needs(context, 'aws', '--version');
  const [dynamodb, s3] = await Promise.all([startDynamoDb(), startS3()]);
  onTestFinished(async () => void (await Promise.all([dynamodb.stop(), s3.stop()])));
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    LOCALSTACK_URL: await behindOneAddress({ dynamodb, s3 }),
    AWS_ACCESS_KEY_ID: EMULATOR_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: EMULATOR_CREDENTIALS.secretAccessKey,
  };
  const first = await runScript([], env);
  expect(first.stdout).toMatch(/^JOBS_QUEUE_URL=http:\S+\/tintype-jobs$/m);
  expect((await runScript([], env)).stdout).toBe(first.stdout);
  const client = new DynamoDBClient({
    region: EMULATOR_REGION,
    endpoint: dynamodb.endpoint,
    credentials: EMULATOR_CREDENTIALS,
  });
  onTestFinished(() => client.destroy());
  for (const { create } of Object.values(tableDefinitions(TABLES))) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: create.TableName }));
    expect(Table?.KeySchema).toEqual(create.KeySchema);
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(
      create.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName),
    );
  }
}, 120_000);
