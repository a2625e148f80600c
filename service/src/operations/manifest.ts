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
    touches: { images: 'write', listings: 'write', objects: ['put', 'delete'] },
    memory_mb: 512,
    timeout_seconds: 29,
  },
  {
    name: 'list-images',
    method: 'GET',
    path: '/images',
    aliases: [],
    scope: 'images:read',
    touches: { listings: 'read', objects: ['presign-read'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'view-image',
    method: 'GET',
    path: '/images/{image_id}',
    aliases: [],
    scope: 'images:read',
    touches: { images: 'read', objects: ['presign-read'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'view-image-content',
    method: 'GET',
    path: '/images/{image_id}/content',
    aliases: [],
    scope: 'images:read',
    touches: { images: 'read', objects: ['presign-read'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'update-image',
    method: 'PATCH',
    path: '/images/{image_id}',
    aliases: [],
    scope: 'images:write',
    touches: { images: 'write', listings: 'write', objects: ['presign-read'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'delete-image',
    method: 'DELETE',
    path: '/images/{image_id}',
    aliases: [],
    scope: 'images:write',
    touches: { images: 'write', listings: 'write', objects: ['delete'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
] as const satisfies readonly OperationRow[];

export interface OperationRow {
  /** Verb and noun; the name of the operation's file, route, function and page alike. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly aliases: readonly string[];
  /** What a caller's token must allow. */
  readonly scope: 'images:read' | 'images:write' | 'images:admin';
  /** The parts that it uses, and how: no more is granted to it. */
  readonly touches: {
    readonly images?: 'read' | 'write';
    readonly listings?: 'read' | 'write';
    readonly objects?: readonly ('put' | 'delete' | 'presign-read')[];
  };
  /** Of its function on AWS. */
  readonly memory_mb: number;
  readonly timeout_seconds: number;
}

export type Operation = (typeof OPERATIONS)[number];
export type OperationName = Operation['name'];
