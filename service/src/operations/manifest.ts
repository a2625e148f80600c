import type { JobKind } from '../domain/job.ts';

/**
 * Every operation of the API, once. Routes, the OpenAPI document, function bundles, roles, the
 * permissions page and the authorization matrix are read from here: a new operation is a row, an
 * operation file, a route file and their tests.
 */
export const OPERATIONS = [
  {
    name: 'upload-image',
    method: 'POST',
    path: '/images/upload',
    aliases: ['/images'],
    scope: 'images:write',
    touches: {
      images: ['get', 'put'],
      listings: ['get', 'put'],
      objects: ['put', 'get', 'delete', 'presign-read'],
      ledger: ['put', 'update', 'delete'],
      jobs: ['clean-up-object', 'process-image'],
    },
    memory_mb: 512,
    timeout_seconds: 29,
  },
  {
    name: 'start-upload',
    method: 'POST',
    path: '/images/uploads',
    aliases: [],
    scope: 'images:write',
    touches: {
      images: ['get', 'put'],
      listings: ['get', 'put'],
      ledger: ['put', 'update', 'delete'],
      uploads: ['put', 'abort'],
    },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'list-parts',
    method: 'GET',
    path: '/images/{image_id}/parts',
    aliases: [],
    scope: 'images:write',
    touches: { images: ['get'], uploads: ['put', 'list-parts'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'complete-upload',
    method: 'POST',
    path: '/images/{image_id}/complete',
    aliases: [],
    scope: 'images:write',
    touches: {
      images: ['get', 'put', 'delete'],
      listings: ['get', 'put', 'delete'],
      ledger: ['update'],
      objects: ['put', 'get', 'delete', 'presign-read'],
      uploads: ['put', 'get', 'delete', 'list-parts', 'abort'],
      jobs: ['process-image'],
    },
    memory_mb: 1024,
    timeout_seconds: 29,
  },
  {
    name: 'list-images',
    method: 'GET',
    path: '/images',
    aliases: [],
    scope: 'images:read',
    touches: { listings: ['get', 'query', 'query-everyone'], objects: ['presign-read'], signing: 'read' },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'view-image',
    method: 'GET',
    path: '/images/{image_id}',
    aliases: [],
    scope: 'images:read',
    touches: { images: ['get'], objects: ['presign-read'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'view-image-content',
    method: 'GET',
    path: '/images/{image_id}/content',
    aliases: [],
    scope: 'images:read',
    touches: { images: ['get'], objects: ['presign-read'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'update-image',
    method: 'PATCH',
    path: '/images/{image_id}',
    aliases: [],
    scope: 'images:write',
    touches: {
      images: ['get', 'put'],
      listings: ['get', 'put', 'delete'],
      objects: ['presign-read'],
    },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'delete-image',
    method: 'DELETE',
    path: '/images/{image_id}',
    aliases: [],
    scope: 'images:write',
    touches: {
      images: ['get', 'put', 'delete'],
      listings: ['get', 'put', 'delete'],
      objects: ['delete'],
      uploads: ['delete', 'abort'],
      ledger: ['update'],
      jobs: ['clean-up-object', 'withdraw-image'],
    },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'restore-image',
    method: 'POST',
    path: '/images/{image_id}/restore',
    aliases: [],
    scope: 'images:write',
    touches: {
      images: ['get', 'put'],
      listings: ['get', 'put', 'delete'],
      objects: ['presign-read'],
      jobs: ['process-image'],
    },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'replace-image',
    method: 'PUT',
    path: '/images/{image_id}/content',
    aliases: [],
    scope: 'images:write',
    touches: {
      images: ['get', 'put'],
      listings: ['get', 'put', 'delete'],
      objects: ['put', 'get', 'delete', 'presign-read'],
      ledger: ['update'],
      jobs: ['process-image', 'withdraw-image', 'clean-up-object'],
    },
    memory_mb: 512,
    timeout_seconds: 29,
  },
  {
    name: 'list-versions',
    method: 'GET',
    path: '/images/{image_id}/versions',
    aliases: [],
    scope: 'images:read',
    touches: { images: ['get'], objects: ['presign-read'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'restore-version',
    method: 'POST',
    path: '/images/{image_id}/versions/{version}/restore',
    aliases: [],
    scope: 'images:write',
    touches: {
      images: ['get', 'put'],
      listings: ['get', 'put', 'delete'],
      objects: ['presign-read'],
      ledger: ['update'],
      jobs: ['process-image', 'withdraw-image'],
    },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'render-image',
    method: 'GET',
    path: '/images/{image_id}/renditions',
    aliases: ['/images/{image_id}/renditions/{preset}'],
    scope: 'images:read',
    touches: { images: ['get'], objects: ['get', 'put', 'list', 'delete', 'presign-read'] },
    memory_mb: 1769,
    timeout_seconds: 29,
  },
  {
    name: 'delete-images',
    method: 'POST',
    path: '/images/bulk-delete',
    aliases: [],
    scope: 'images:write',
    touches: {
      images: ['get', 'put', 'delete'],
      listings: ['get', 'put', 'delete'],
      objects: ['delete'],
      uploads: ['delete', 'abort'],
      ledger: ['update'],
      jobs: ['clean-up-object', 'withdraw-image'],
    },
    memory_mb: 256,
    timeout_seconds: 29,
  },
  {
    name: 'erase-user',
    method: 'DELETE',
    path: '/users/{user_id}/images',
    aliases: [],
    scope: 'images:write',
    touches: { jobs: ['erase-images'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'get-usage',
    method: 'GET',
    path: '/users/{user_id}/usage',
    aliases: [],
    scope: 'images:read',
    touches: { ledger: ['get'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
] as const satisfies readonly OperationRow[];

/** What is done apart from any request: a function each on AWS, which a queue or the clock starts. */
export const BACKGROUND = [
  {
    name: 'clean-up-object',
    trigger: { queue: 'jobs' },
    touches: {
      images: ['get', 'delete'],
      listings: ['get', 'put', 'delete'],
      objects: ['get', 'delete'],
      ledger: ['update'],
      jobs: ['withdraw-image'],
    },
    memory_mb: 256,
    timeout_seconds: 60,
  },
  {
    name: 'finish-upload',
    trigger: { queue: 'uploads' },
    touches: {
      images: ['get', 'put', 'delete'],
      listings: ['get', 'put', 'delete'],
      ledger: ['update'],
      objects: ['put', 'get', 'delete'],
      uploads: ['put', 'get', 'delete', 'list-parts', 'abort'],
      jobs: ['process-image'],
    },
    memory_mb: 1024,
    timeout_seconds: 120,
  },
  {
    name: 'process-image',
    trigger: { queue: 'process-image' },
    touches: {
      images: ['get', 'put'],
      listings: ['get', 'put', 'delete'],
      objects: ['get', 'get-tags', 'put', 'delete'],
      jobs: ['withdraw-image', 'clean-up-object'],
    },
    // One whole processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    memory_mb: 1769,
    timeout_seconds: 120,
  },
  {
    name: 'withdraw-image',
    trigger: { queue: 'withdraw-image' },
    touches: { images: ['get'], listings: ['delete'], objects: ['list', 'delete'], edge: 'invalidate' },
    memory_mb: 256,
    timeout_seconds: 60,
  },
  {
    name: 'erase-images',
    trigger: { queue: 'erase-images' },
    touches: {
      images: ['get', 'delete'],
      listings: ['get', 'put', 'delete', 'query'],
      objects: ['delete'],
      uploads: ['delete', 'abort'],
      ledger: ['update'],
      jobs: ['clean-up-object', 'withdraw-image', 'erase-images'],
    },
    memory_mb: 256,
    timeout_seconds: 300,
  },
  {
    name: 'purge-trash',
    trigger: { every_minutes: 60 },
    touches: {
      images: ['get', 'delete'],
      listings: ['get', 'put', 'delete', 'query'],
      ledger: ['update'],
      jobs: ['withdraw-image'],
    },
    memory_mb: 256,
    timeout_seconds: 300,
  },
  {
    name: 'resend-jobs',
    trigger: { every_minutes: 5 },
    touches: {
      listings: ['get', 'query', 'delete'],
      jobs: ['process-image', 'withdraw-image', 'clean-up-object'],
    },
    memory_mb: 256,
    timeout_seconds: 300,
  },
  {
    name: 'expire-uploads',
    trigger: { every_minutes: 5 },
    touches: {
      images: ['get', 'delete'],
      listings: ['get', 'delete', 'query'],
      ledger: ['update'],
      objects: ['delete'],
      uploads: ['delete', 'abort'],
    },
    memory_mb: 256,
    timeout_seconds: 300,
  },
] as const satisfies readonly BackgroundRow[];

export type TableAction = 'get' | 'put' | 'update' | 'delete' | 'query';

/** The parts that a function uses, and how: no more is granted to it. */
export interface Touches {
  readonly images?: readonly TableAction[];
  /** `query-everyone`: the index over all users. */
  readonly listings?: readonly (TableAction | 'query-everyone')[];
  /** Quotas and idempotency keys. */
  readonly ledger?: readonly TableAction[];
  readonly objects?: readonly ('put' | 'get' | 'get-tags' | 'list' | 'delete' | 'presign-read')[];
  /** Bytes of announced uploads, which lie apart from images. */
  readonly uploads?: readonly ('put' | 'get' | 'delete' | 'list-parts' | 'abort')[];
  /** The kinds of jobs that it queues. */
  readonly jobs?: readonly JobKind[];
  /** The secret that page keys are signed with. */
  readonly signing?: 'read';
  /** The caches of the distribution in front of the bucket, where there is one. */
  readonly edge?: 'invalidate';
}

export interface FunctionRow {
  /** Verb and noun; the name of the operation's file, route, function and page alike. */
  readonly name: string;
  readonly touches: Touches;
  /** Of its function on AWS. */
  readonly memory_mb: number;
  readonly timeout_seconds: number;
}

/**
 * The queues that feed functions: of S3's events about uploads that have arrived, of clean-ups (`jobs`), and one
 * for each other kind of job, since each has a function with a role of its own.
 */
export type QueueName = 'jobs' | 'uploads' | 'process-image' | 'withdraw-image' | 'erase-images';

export interface BackgroundRow extends FunctionRow {
  readonly trigger: { readonly queue: QueueName } | { readonly every_minutes: number };
}

export interface OperationRow extends FunctionRow {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly aliases: readonly string[];
  /** What a caller's token must allow. */
  readonly scope: 'images:read' | 'images:write' | 'images:admin';
}

export type Operation = (typeof OPERATIONS)[number];
export type OperationName = Operation['name'];

/** Every function of the AWS home. */
export const FUNCTIONS = [...OPERATIONS, ...BACKGROUND] as const;
export type FunctionName = (typeof FUNCTIONS)[number]['name'];
