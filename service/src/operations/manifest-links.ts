import type { OperationRow } from './manifest-rows.ts';

/** The rows of the manifest for share links, which are rows of the table `listings`. */
export const LINK_OPERATIONS = [
  {
    name: 'create-link',
    method: 'POST',
    path: '/images/{image_id}/links',
    aliases: [],
    scope: 'images:write',
    touches: {
      audit: ['put'],
      images: ['get'],
      listings: ['query', 'put'],
      ledger: ['put', 'update', 'delete'],
    },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'list-links',
    method: 'GET',
    path: '/images/{image_id}/links',
    aliases: [],
    scope: 'images:read',
    touches: { audit: ['put'], images: ['get'], listings: ['query'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'revoke-link',
    method: 'DELETE',
    path: '/images/{image_id}/links/{link_id}',
    aliases: [],
    scope: 'images:write',
    touches: { audit: ['put'], images: ['get'], listings: ['delete'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'open-link',
    method: 'GET',
    path: '/links/{link_id}',
    aliases: [],
    scope: 'open',
    touches: { images: ['get'], listings: ['get', 'update'], objects: ['presign-read'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
] as const satisfies readonly OperationRow[];
