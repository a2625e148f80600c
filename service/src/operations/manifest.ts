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
      jobs: 'send',
    },
    memory_mb: 512,
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
      images: ['get', 'delete'],
      listings: ['get', 'delete'],
      objects: ['delete'],
      jobs: 'send',
    },
    memory_mb: 256,
    timeout_seconds: 10,
  },
] as const satisfies readonly OperationRow[];

/**
 * What is done after the answer: a job of the queue each, and a function of its own on AWS, which the
 * queue feeds.
 */
export const BACKGROUND = [
  {
    name: 'clean-up-object',
    touches: { images: ['get', 'delete'], listings: ['get', 'delete'], objects: ['get', 'delete'] },
    memory_mb: 256,
    timeout_seconds: 60,
  },
] as const satisfies readonly FunctionRow[];

export type TableAction = 'get' | 'put' | 'delete' | 'query';

/** The parts that a function uses, and how: no more is granted to it. */
export interface Touches {
  readonly images?: readonly TableAction[];
  /** `query-everyone`: the index over all users. */
  readonly listings?: readonly (TableAction | 'query-everyone')[];
  readonly objects?: readonly ('put' | 'get' | 'delete' | 'presign-read')[];
  readonly jobs?: 'send';
  /** The secret that page keys are signed with. */
  readonly signing?: 'read';
}

export interface FunctionRow {
  /** Verb and noun; the name of the operation's file, route, function and page alike. */
  readonly name: string;
  readonly touches: Touches;
  /** Of its function on AWS. */
  readonly memory_mb: number;
  readonly timeout_seconds: number;
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
