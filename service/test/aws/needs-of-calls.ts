import { expect } from 'vitest';
import type { AwsStorageConfig } from '../../src/config/storage.ts';
import { isImageId } from '../../src/domain/image-id.ts';
import { jobFromText } from '../../src/domain/job.ts';
import { UPLOADS_PREFIX } from '../../src/domain/object-key.ts';
import { queueOfKind } from '../../src/drivers/aws/queues.ts';
import { EVERYONE_INDEX } from '../../src/drivers/aws/tables.ts';
import type { RecordedCall } from '../support/recorded-calls.ts';

/** What a call needs: in the words of the manifest, and as IAM checks it. */
export interface Need {
  readonly touch: string;
  /** `action on resource`, the resource as infra/src/permissions.ts names it. */
  readonly granted: readonly string[];
}

type Input = RecordedCall['input'];
type Storage = Pick<AwsStorageConfig, 'bucket' | 'tables' | 'jobsQueueUrl'>;

export function needsOf(storage: Storage, { name, input, presigned }: RecordedCall): readonly Need[] {
  if (name === 'TransactWriteItems') return transactionNeeds(storage, input);
  if (name === 'SendMessage') {
    return [sendNeed(storage, input)];
  }
  if (name === 'CreateInvalidation') {
    return [{ touch: 'edge:invalidate', granted: ['cloudfront:CreateInvalidation on distribution'] }];
  }
  if (name === 'OpenSearch') return [searchNeed(String(input['method']), String(input['path']))];
  if (name === 'BatchGetItem') return severalNeeds(storage, input);
  if (input['Bucket'] === undefined) return [itemNeed(storage, name, input)];
  expect(input['Bucket']).toBe(storage.bucket);
  if (name === 'CopyObject') return copyNeeds(storage, input);
  if (name === 'ListObjectsV2') return [listNeed(input)];
  return [presigned ? presignedNeed(name, input) : objectNeed(name, input)];
}

/** The paths of the alias that the functions are told of; the index behind it has a number. */
const ON_SEARCH: Readonly<Record<string, Need>> = {
  'POST /tintype-images/_search': { touch: 'search:read', granted: ['es:ESHttpPost on search-find'] },
  'POST /tintype-images/_bulk': { touch: 'search:write', granted: ['es:ESHttpPost on search-write'] },
  'PUT /tintype-images-v1': { touch: 'search:write', granted: ['es:ESHttpPut on search-make'] },
};

function searchNeed(method: string, path: string): Need {
  const need = ON_SEARCH[`${method} ${path}`];
  if (!need) throw new Error(`What ${method} ${path} needs is not known here.`);
  return need;
}

function severalNeeds({ tables }: Storage, { RequestItems }: Input): readonly Need[] {
  expect(Object.keys(RequestItems as object)).toEqual([tables.images]);
  return [{ touch: 'images:get-several', granted: ['dynamodb:BatchGetItem on images'] }];
}

/** Each kind of job has a queue, and a permission to send to it, of its own. */
function sendNeed({ jobsQueueUrl }: Storage, { QueueUrl, MessageBody }: Input): Need {
  const { kind } = jobFromText(String(MessageBody));
  expect(QueueUrl).toBe(queueOfKind(jobsQueueUrl, kind));
  const resource = QueueUrl === jobsQueueUrl ? 'jobs' : kind;
  return { touch: `jobs:${kind}`, granted: [`sqs:SendMessage on ${resource}`] };
}

/** A HEAD is a GetObject to IAM; and without ListBucket what is not there is 403. */
const readOn = (what: string) => [`s3:GetObject on ${what}`, 's3:ListBucket on bucket'];

const ON_OBJECTS: Readonly<Record<string, Need>> = {
  PutObject: { touch: 'objects:put', granted: ['s3:PutObject on objects'] },
  HeadObject: { touch: 'objects:get', granted: readOn('objects') },
  GetObject: { touch: 'objects:get', granted: readOn('objects') },
  GetObjectTagging: { touch: 'objects:get-tags', granted: ['s3:GetObjectTagging on objects'] },
  DeleteObject: { touch: 'objects:delete', granted: ['s3:DeleteObject on objects'] },
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions */
const PUT_UPLOAD: Need = { touch: 'uploads:put', granted: ['s3:PutObject on uploads'] };
const GET_UPLOAD: Need = { touch: 'uploads:get', granted: readOn('uploads') };

const ON_UPLOADS: Readonly<Record<string, Need>> = {
  PutObject: PUT_UPLOAD,
  UploadPart: PUT_UPLOAD,
  CreateMultipartUpload: PUT_UPLOAD,
  CompleteMultipartUpload: PUT_UPLOAD,
  HeadObject: GET_UPLOAD,
  GetObject: GET_UPLOAD,
  DeleteObject: { touch: 'uploads:delete', granted: ['s3:DeleteObject on uploads'] },
  ListParts: { touch: 'uploads:list-parts', granted: ['s3:ListMultipartUploadParts on uploads'] },
  AbortMultipartUpload: { touch: 'uploads:abort', granted: ['s3:AbortMultipartUpload on uploads'] },
};

const isOfUpload = ({ Key }: Input) => String(Key).startsWith(UPLOADS_PREFIX);

function objectNeed(name: string, input: Input): Need {
  const need = (isOfUpload(input) ? ON_UPLOADS : ON_OBJECTS)[name];
  if (!need) throw new Error(`What ${name} on ${input['Key']} needs is not known here.`);
  return need;
}

/** Never the whole bucket: what begins with one image's name. */
function listNeed({ Prefix }: Input): Need {
  const id = /\/([0-9a-f-]{36})/.exec(String(Prefix))?.[1] ?? '';
  expect(isImageId(id)).toBe(true);
  return { touch: 'objects:list', granted: ['s3:ListBucket on bucket'] };
}

/** A presigned URL can do what its signer may. Uploads are presigned for writing alone, objects for reading. */
function presignedNeed(name: string, input: Input): Need {
  if (isOfUpload(input)) {
    expect(['PutObject', 'UploadPart']).toContain(name);
    return PUT_UPLOAD;
  }
  expect(name).toBe('GetObject');
  return { touch: 'objects:presign-read', granted: readOn('objects') };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html: tags would need more. */
function copyNeeds({ bucket }: Storage, input: Input): readonly Need[] {
  expect(input['TaggingDirective']).toBe('REPLACE');
  expect(input['CopySource']).toMatch(`${bucket}/${UPLOADS_PREFIX}`);
  return [GET_UPLOAD, objectNeed('PutObject', input)];
}

const ON_ITEMS: Readonly<Record<string, string>> = {
  GetItem: 'get',
  PutItem: 'put',
  UpdateItem: 'update',
  DeleteItem: 'delete',
  Query: 'query',
};

/** The tables that have an index over all users, and what infra/src/permissions.ts calls it. */
const EVERYONES: Readonly<Record<string, string>> = { listings: 'everyone', audit: 'audit-everyone' };

/** To IAM the steps of a transaction are what they would be alone. */
function transactionNeeds(storage: Storage, { TransactItems }: Input): readonly Need[] {
  const steps = (TransactItems as readonly object[]).flatMap((item) => Object.entries(item));
  return steps.map(([step, of]) => itemNeed(storage, `${step}Item`, of as Input));
}

function itemNeed({ tables }: Storage, name: string, { TableName, IndexName }: Input): Need {
  const action = ON_ITEMS[name];
  if (action === undefined) throw new Error(`What ${name} needs is not known here.`);
  const table = Object.entries(tables).find(([, known]) => known === TableName)?.[0];
  if (table === undefined) throw new Error(`${TableName} is no table of ours.`);
  if (IndexName === undefined)
    return { touch: `${table}:${action}`, granted: [`dynamodb:${name} on ${table}`] };
  expect(IndexName).toBe(EVERYONE_INDEX);
  const index = EVERYONES[table];
  if (index === undefined) throw new Error(`${table} has no index over all users.`);
  return { touch: `${table}:${action}-everyone`, granted: [`dynamodb:${name} on ${index}`] };
}
