import type { JobKind } from '../../service/src/domain/job.ts';
import { BACKGROUND } from '../../service/src/operations/manifest.ts';
import type {
  BackgroundRow,
  FunctionRow,
  OperationRow,
  QueueName,
  TableAction,
  Touches,
} from '../../service/src/operations/manifest-rows.ts';

/** What a function may do to one thing; the thing by the name that the permissions page has for it. */
export interface Permission {
  readonly actions: readonly string[];
  readonly resource: Resource;
}

/** Each thing that a permission can name, and what it is for people. */
export const RESOURCES = {
  images: 'table `images`',
  listings: 'table `listings`',
  everyone: 'index `everyone` of `listings`',
  ledger: 'table `ledger`',
  audit: 'table `audit`',
  'audit-everyone': 'index `everyone` of `audit`',
  bucket: 'the bucket',
  objects: 'objects in the bucket',
  uploads: 'objects below `.uploads/` in the bucket',
  jobs: 'queue `jobs`',
  arrivals: 'queue `uploads`',
  'announce-event': 'queue `jobs-announce-event`',
  'process-image': 'queue `jobs-process-image`',
  'withdraw-image': 'queue `jobs-withdraw-image`',
  'erase-images': 'queue `jobs-erase-images`',
  'sync-search': 'queue `jobs-sync-search`',
  'images-stream': 'the stream of table `images`',
  'lost-changes': 'queue `lost-changes`',
  'search-find': 'the search index, to find',
  'search-write': 'the search index, to write',
  'search-make': 'the search index, to make it',
  signing: 'the signing secret',
  edgeKey: "the edge's private key, where there is an edge",
  distribution: "the edge's distribution, where the stage names it",
  introspection: "the secret by which the tokens' issuer is asked, where the stage names it",
  log: 'its own log',
  traces: 'traces in X-Ray',
} as const;

export type Resource = keyof typeof RESOURCES;

/** What is named with a wildcard, and why no narrower name would do. */
export const WILDCARDS: { readonly [Name in Resource]?: string } = {
  objects: "Objects' names are users' and images' ids: a function serves all of them.",
  uploads: "Uploads' names are users' and images' ids, as objects' are: a function serves all of them.",
  'images-stream': 'DynamoDB names the stream by when it was switched on.',
  log: "Lambda names the streams within the function's own log.",
  traces: 'X-Ray has no resources to name. Granted only where the stage has tracing on.',
};

const TABLE_ACTIONS: Readonly<Record<TableAction, string>> = {
  get: 'dynamodb:GetItem',
  'get-several': 'dynamodb:BatchGetItem',
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
  query: 'dynamodb:Query',
};

const OBJECT_ACTIONS: Readonly<Record<Exclude<NonNullable<Touches['objects']>[number], 'list'>, string>> = {
  put: 's3:PutObject',
  get: 's3:GetObject',
  'get-tags': 's3:GetObjectTagging',
  delete: 's3:DeleteObject',
  // A presigned URL can do what its signer may.
  'presign-read': 's3:GetObject',
} as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions */
const UPLOAD_ACTIONS = {
  // Presigned POSTs and PUTs too, parts, and what begins and joins them.
  put: 's3:PutObject',
  get: 's3:GetObject',
  delete: 's3:DeleteObject',
  'list-parts': 's3:ListMultipartUploadParts',
  abort: 's3:AbortMultipartUpload',
} as const;

/** The queue that feeds a function, by the name that its permissions have for it. */
const FED_FROM: Readonly<Record<QueueName, Resource>> = {
  jobs: 'jobs',
  uploads: 'arrivals',
  'announce-event': 'announce-event',
  'process-image': 'process-image',
  'withdraw-image': 'withdraw-image',
  'erase-images': 'erase-images',
  'sync-search': 'sync-search',
};

/** The queues of jobs, and the kind that each is of. */
const QUEUES: readonly { readonly resource: Resource; readonly kind: JobKind }[] = [
  { resource: 'jobs', kind: 'clean-up-object' },
  { resource: 'announce-event', kind: 'announce-event' },
  { resource: 'process-image', kind: 'process-image' },
  { resource: 'withdraw-image', kind: 'withdraw-image' },
  { resource: 'erase-images', kind: 'erase-images' },
  { resource: 'sync-search', kind: 'sync-search' },
];

/** The queue that feeds a function, if one does. */
export function queueFeeding({ name }: FunctionRow): QueueName | undefined {
  const trigger = BACKGROUND.find((row: BackgroundRow) => row.name === name)?.trigger;
  return trigger && 'queue' in trigger ? trigger.queue : undefined;
}

/**
 * What the manifest's `touches` come to in IAM's words, and no more. Writes in a transaction need the
 * permissions of the single ones:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
 * @param fedBy the queue from which Lambda itself takes the messages with the function's role.
 */
export function permissionsOf(row: FunctionRow | OperationRow, fedBy: QueueName | undefined): Permission[] {
  const {
    images = [],
    listings = [],
    ledger = [],
    audit = [],
    objects = [],
    uploads = [],
    jobs = [],
    signing,
    search,
    edge,
  } = row.touches;
  const onListings = listings.filter((action) => action !== 'query-everyone');
  const onAudit = audit.filter((action) => action !== 'query-everyone');
  const readsObjects = objects.includes('get') || objects.includes('presign-read') || uploads.includes('get');
  const taken = (queue: Resource) => (fedBy && FED_FROM[fedBy] === queue ? TAKE_MESSAGES : []);
  const permissions: Permission[] = [
    { resource: 'images', actions: images.map((action) => TABLE_ACTIONS[action]) },
    { resource: 'listings', actions: onListings.map((action) => TABLE_ACTIONS[action]) },
    { resource: 'everyone', actions: listings.includes('query-everyone') ? ['dynamodb:Query'] : [] },
    { resource: 'ledger', actions: ledger.map((action) => TABLE_ACTIONS[action]) },
    { resource: 'audit', actions: onAudit.map((action) => TABLE_ACTIONS[action]) },
    { resource: 'audit-everyone', actions: audit.includes('query-everyone') ? ['dynamodb:Query'] : [] },
    {
      resource: 'objects',
      actions: [
        ...new Set(objects.filter((action) => action !== 'list').map((action) => OBJECT_ACTIONS[action])),
      ],
    },
    { resource: 'uploads', actions: uploads.map((action) => UPLOAD_ACTIONS[action]) },
    // Without it S3 answers 403 for an object that is not there.
    { resource: 'bucket', actions: readsObjects || objects.includes('list') ? ['s3:ListBucket'] : [] },
    ...QUEUES.map(({ resource, kind }) => ({
      resource,
      actions: [...(jobs.includes(kind) ? ['sqs:SendMessage'] : []), ...taken(resource)],
    })),
    { resource: 'arrivals', actions: taken('arrivals') },
    { resource: 'images-stream', actions: fedBy === 'sync-search' ? TAKE_CHANGES : [] },
    { resource: 'lost-changes', actions: fedBy === 'sync-search' ? ['sqs:SendMessage'] : [] },
    { resource: 'search-find', actions: search === 'read' ? ['es:ESHttpPost'] : [] },
    { resource: 'search-write', actions: search === 'write' ? ['es:ESHttpPost'] : [] },
    { resource: 'search-make', actions: search === 'write' ? ['es:ESHttpPut'] : [] },
    { resource: 'signing', actions: signing ? ['secretsmanager:GetSecretValue'] : [] },
    // Granted only where the stage has an edge that functions sign for (stages.ts).
    {
      resource: 'edgeKey',
      actions: objects.includes('presign-read') ? ['secretsmanager:GetSecretValue'] : [],
    },
    { resource: 'distribution', actions: edge ? ['cloudfront:CreateInvalidation'] : [] },
    { resource: 'introspection', actions: asksForTokens(row) ? ['secretsmanager:GetSecretValue'] : [] },
    { resource: 'log', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'] },
    { resource: 'traces', actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'] },
  ];
  return permissions.filter(({ actions }) => actions.length > 0);
}

function asksForTokens(row: FunctionRow | OperationRow): boolean {
  return 'scope' in row && row.scope !== 'open';
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#events-dynamodb-permissions */
const TAKE_CHANGES = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
];

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#events-sqs-permissions */
const TAKE_MESSAGES = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
