import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { permissionsOf } from '../../../infra/src/permissions.ts';
import { composeOverAws } from '../../src/compose/aws-context.ts';
import { readConfig } from '../../src/config/config.ts';
import { isImageId } from '../../src/domain/image-id.ts';
import { EVERYONE_INDEX } from '../../src/drivers/aws/tables.ts';
import { createOperationApp } from '../../src/http/base-app.ts';
import { ROUTES } from '../../src/http/routes/index.ts';
import { cleanUpObject } from '../../src/operations/background/clean-up-object.ts';
import {
  BACKGROUND,
  FUNCTIONS,
  type FunctionName,
  type FunctionRow,
  type OperationName,
} from '../../src/operations/manifest.ts';
import { expectEmpty, expectImage, expectList, type Image } from '../support/answers.ts';
import { type AwsOnEmulators, startAwsOnEmulators } from '../support/aws-emulators.ts';
import { rsaKeyPair } from '../support/cloudfront.ts';
import {
  answerLost,
  DYNAMODB_DOWN,
  Faults,
  type FaultyRequests,
  PUT,
  S3_DOWN,
  TRANSACTION,
} from '../support/faults.ts';
import { type RecordedCall, recordCalls } from '../support/recorded-calls.ts';
import { startSecretsManager } from '../support/secrets-manager.ts';
import { silentLog } from '../support/silent-log.ts';
import { type Fields, newPng, uploadCall } from '../support/uploads.ts';

const PUBLIC_URL = 'https://api.example.com';

let aws: AwsOnEmulators;
let calls: ReturnType<typeof recordCalls>;
const faults = new Faults();

beforeAll(async () => {
  aws = await startAwsOnEmulators();
  calls = recordCalls(aws.clients);
  for (const client of [aws.clients.dynamodb, aws.clients.s3, aws.clients.sqs]) faults.attach(client);
});

afterAll(() => aws.stop());

/** The pauses between tries are random shares of a length that grows: here they are always the smallest. */
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  return () => {
    random.mockRestore();
    faults.set();
  };
});

/** What a call needs: in the words of the manifest, and as IAM checks it. */
interface Need {
  readonly touch: string;
  /** `action on resource`, the resource as infra/src/permissions.ts names it. */
  readonly granted: readonly string[];
}

const ON_ITEMS: Readonly<Record<string, string>> = {
  GetItem: 'get',
  PutItem: 'put',
  DeleteItem: 'delete',
  Query: 'query',
};

/** A HEAD is a GetObject to IAM; and without ListBucket what is not there is 403. */
const READ_OBJECT = ['s3:GetObject on objects', 's3:ListBucket on bucket'];

const ON_OBJECTS: Readonly<Record<string, Need>> = {
  PutObject: { touch: 'objects:put', granted: ['s3:PutObject on objects'] },
  HeadObject: { touch: 'objects:get', granted: READ_OBJECT },
  GetObject: { touch: 'objects:get', granted: READ_OBJECT },
  DeleteObject: { touch: 'objects:delete', granted: ['s3:DeleteObject on objects'] },
};

function needsOf({ name, input, presigned }: RecordedCall): readonly Need[] {
  if (presigned) {
    expect(name).toBe('GetObject');
    return [{ touch: 'objects:presign-read', granted: READ_OBJECT }];
  }
  if (name === 'TransactWriteItems') return transactionNeeds(input);
  if (name === 'SendMessage') {
    expect(input['QueueUrl']).toBe(aws.storage.jobsQueueUrl);
    return [{ touch: 'jobs:send', granted: ['sqs:SendMessage on jobs'] }];
  }
  const onObject = ON_OBJECTS[name];
  if (onObject) {
    expect(input['Bucket']).toBe(aws.storage.bucket);
    return [onObject];
  }
  return [itemNeed(name, input)];
}

/** To IAM the steps of a transaction are what they would be alone. */
function transactionNeeds({ TransactItems }: RecordedCall['input']): readonly Need[] {
  const steps = (TransactItems as readonly object[]).flatMap((item) => Object.entries(item));
  return steps.map(([step, of]) => itemNeed(`${step}Item`, of as RecordedCall['input']));
}

function itemNeed(name: string, { TableName, IndexName }: RecordedCall['input']): Need {
  const action = ON_ITEMS[name];
  if (action === undefined) throw new Error(`What ${name} needs is not known here.`);
  const table = Object.entries(aws.storage.tables).find(([, known]) => known === TableName)?.[0];
  if (table === undefined) throw new Error(`${TableName} is no table of ours.`);
  if (IndexName === undefined)
    return { touch: `${table}:${action}`, granted: [`dynamodb:${name} on ${table}`] };
  expect([table, IndexName]).toEqual(['listings', EVERYONE_INDEX]);
  return { touch: `${table}:${action}-everyone`, granted: [`dynamodb:${name} on everyone`] };
}

/** The words of the manifest, one each: `images:get`, `jobs:send`. */
const touchesOf = ({ touches }: FunctionRow) =>
  Object.entries(touches).flatMap(([part, how]: [string, string | readonly string[]]) =>
    [how].flat().map((each) => `${part}:${each}`),
  );

/** What Lambda itself needs of the role, before and beside our code: no call of ours. */
const LAMBDAS_OWN = ['log', 'traces'];

function grantsOf(row: FunctionRow): string[] {
  return permissionsOf(row, false)
    .filter(({ resource }) => !LAMBDAS_OWN.includes(resource))
    .flatMap(({ actions, resource }) => actions.map((action) => `${action} on ${resource}`));
}

const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort();

/** A context as one function has it when it starts: with nothing remembered. */
function contextOfOneFunction() {
  const { clients, jobs, storage, environment } = aws;
  const config = readConfig({ ...environment, PUBLIC_URL, ALLOW_ANONYMOUS: 'true' });
  return composeOverAws(config, storage, { clients, jobs, log: silentLog })(PUBLIC_URL);
}

type Request = (path: string, init?: RequestInit) => Promise<Response>;

/** The app of one function. */
function functionNamed(name: OperationName): Request {
  const app = createOperationApp(contextOfOneFunction(), ROUTES[name]);
  return async (path, init) => app.request(`${PUBLIC_URL}${path}`, init);
}

function send(request: Request, fields: Fields = {}): Promise<Response> {
  const { path, init } = uploadCall('raw bytes', newPng(), {
    user_id: 'alice',
    tags: ['sea', 'dusk'],
    ...fields,
  });
  return request(path, init);
}

/** By the function for it, so that it is no call of the one that is looked at. */
async function uploaded(): Promise<Image> {
  const recorded = calls.take();
  expect(recorded, 'An image is uploaded before anything is looked at.').toEqual([]);
  const image = await expectImage(await send(functionNamed('upload-image')), 201);
  calls.take();
  return image;
}

async function failing(faulty: readonly FaultyRequests[], attempt: () => Promise<Response>): Promise<void> {
  faults.set(...faulty);
  expect((await attempt()).status).toBe(503);
  faults.set();
}

const patch = (body: object): RequestInit => ({
  method: 'PATCH',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** All that each function can come to, failures included. The types demand a journey for each row. */
const JOURNEYS: { readonly [Name in FunctionName]: () => Promise<void> } = {
  async 'upload-image'() {
    const request = functionNamed('upload-image');
    await expectImage(await send(request), 201);
    // The put is stored, and nobody is told: it has to look whose it is, and to take its own back.
    await failing([{ ...PUT, fault: answerLost }], () => send(request));
    // The record cannot be written: is it there? The bytes go, and a job looks again.
    await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () => send(request));
  },
  async 'list-images'() {
    const request = functionNamed('list-images');
    await expectList(await request('/images'));
    await expectList(await request('/images?user_id=alice&tag=sea&tag=dusk'));
    await expectList(await request('/images?tag=sea&tag=dusk&limit=1'));
  },
  async 'view-image'() {
    const { image_id } = await uploaded();
    await expectImage(await functionNamed('view-image')(`/images/${image_id}?download=true`));
  },
  async 'view-image-content'() {
    const { image_id } = await uploaded();
    const response = await functionNamed('view-image-content')(`/images/${image_id}/content`);
    expect(response.status).toBe(302);
  },
  async 'update-image'() {
    const { image_id } = await uploaded();
    const request = functionNamed('update-image');
    await expectImage(
      await request(`/images/${image_id}`, patch({ title: 'Evening', tags: ['dusk', 'gull'] })),
    );
    await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () =>
      request(`/images/${image_id}`, patch({ title: null })),
    );
  },
  async 'delete-image'() {
    const [first, second, third] = [await uploaded(), await uploaded(), await uploaded()];
    const request = functionNamed('delete-image');
    const remove = (image: Image) => request(`/images/${image.image_id}`, { method: 'DELETE' });
    await expectEmpty(await remove(first), 204);
    await failing([{ at: 'S3 DELETE', fault: S3_DOWN }], () => remove(second));
    await failing([{ ...TRANSACTION, fault: DYNAMODB_DOWN }], () => remove(third));
  },
  async 'clean-up-object'() {
    const { image_id } = await uploaded();
    const { deps } = contextOfOneFunction();
    const record = isImageId(image_id) ? await deps.index.get(image_id) : undefined;
    if (!record) throw new Error('The image has no record.');
    const { object_key } = record;
    const job = { kind: 'clean-up-object', image_id: record.image_id, object_key } as const;
    await deps.objects.delete(object_key);
    calls.take();
    // A record without bytes; then neither, which is done as bytes without a record are.
    await cleanUpObject(deps, job);
    expect(await deps.index.get(record.image_id)).toBeUndefined();
    await cleanUpObject(deps, job);
  },
};

describe('what is granted to the function', () => {
  test.each(FUNCTIONS.map((row): [FunctionName, FunctionRow] => [row.name, row]))(
    '%s is what it calls, failures included, no less and no more',
    async (name, row) => {
      calls.take();
      await JOURNEYS[name]();
      const needs = calls.take().flatMap(needsOf);
      // Read at the cold start, which the test below looks at.
      const all = [...needs, ...secretsOf(row).map(({ need }) => need)];
      expect(sorted(all.map(({ touch }) => touch))).toEqual(sorted(touchesOf(row)));
      expect(sorted(all.flatMap(({ granted }) => granted))).toEqual(sorted(grantsOf(row)));
    },
  );

  test.each(BACKGROUND)('$name has, beside it, what Lambda needs to feed it from the queue', (row) => {
    const asFed = permissionsOf(row, true).find(({ resource }) => resource === 'jobs')?.actions;
    expect(asFed).toEqual(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']);
  });
});

const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-AbCdEf`;
const GET_SECRET = 'secretsmanager:GetSecretValue';

/** What a function reads at its start where there is an edge; elsewhere the first alone. */
function secretsOf({ touches }: FunctionRow): readonly { readonly arn: string; readonly need: Need }[] {
  const signing = { touch: 'signing:read', granted: [`${GET_SECRET} on signing`] };
  const edgeKey = { touch: 'objects:presign-read', granted: [`${GET_SECRET} on edgeKey`] };
  return [
    ...(touches.signing === 'read' ? [{ arn: arnOf('signing'), need: signing }] : []),
    ...(touches.objects?.includes('presign-read') ? [{ arn: arnOf('edge'), need: edgeKey }] : []),
  ];
}

describe('the secrets', () => {
  test.each(FUNCTIONS.map((row): [FunctionName, FunctionRow] => [row.name, row]))(
    'that %s reads at its start are those that the manifest comes to, and no others',
    async (name, row) => {
      const secrets = new Map([
        [arnOf('signing'), 's'.repeat(64)],
        [arnOf('edge'), rsaKeyPair().privateKey],
      ]);
      const secretsManager = await startSecretsManager(secrets);
      onTestFinished(() => secretsManager.stop());
      const { SIGNING_SECRET: _unset, ...environment } = aws.environment;
      const started = {
        ...environment,
        PUBLIC_URL,
        ALLOW_ANONYMOUS: 'true',
        CURSOR_SECRET_ARN: arnOf('signing'),
        CDN_URL: 'https://d111111abcdef8.cloudfront.net',
        CDN_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
        CDN_PRIVATE_KEY_ARN: arnOf('edge'),
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.endpoint,
      };
      for (const [variable, value] of Object.entries(started)) vi.stubEnv(variable, value);
      onTestFinished(() => {
        vi.unstubAllEnvs();
      });
      vi.resetModules();
      await import(new URL(`../../src/entry/lambda/${name}.ts`, import.meta.url).href);
      expect([...secretsManager.taken()].sort()).toEqual(
        secretsOf(row)
          .map(({ arn }) => arn)
          .sort(),
      );
    },
  );
});
