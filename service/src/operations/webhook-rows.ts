import type { BackgroundRow, OperationRow } from './manifest-rows.ts';

/** The rows of the manifest (manifest.ts) that have to do with webhooks: what callers do, and what is done apart. */
export const WEBHOOK_OPERATIONS = [
  {
    name: 'create-webhook',
    method: 'POST',
    path: '/webhooks',
    aliases: [],
    scope: 'images:admin',
    touches: { audit: ['put'], listings: ['get', 'put'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'list-webhooks',
    method: 'GET',
    path: '/webhooks',
    aliases: [],
    scope: 'images:admin',
    touches: { audit: ['put'], listings: ['get'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'delete-webhook',
    method: 'DELETE',
    path: '/webhooks/{webhook_id}',
    aliases: [],
    scope: 'images:admin',
    touches: { audit: ['put'], listings: ['get', 'put'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'rotate-webhook-secret',
    method: 'POST',
    path: '/webhooks/{webhook_id}/rotate-secret',
    aliases: [],
    scope: 'images:admin',
    touches: { audit: ['put'], listings: ['get', 'put'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'list-deliveries',
    method: 'GET',
    path: '/webhooks/{webhook_id}/deliveries',
    aliases: [],
    scope: 'images:admin',
    touches: { audit: ['put'], listings: ['get', 'query'], signing: 'read' },
    memory_mb: 256,
    timeout_seconds: 10,
  },
  {
    name: 'replay-delivery',
    method: 'POST',
    path: '/webhooks/{webhook_id}/deliveries/{delivery_id}/replay',
    aliases: [],
    scope: 'images:admin',
    touches: { audit: ['put'], listings: ['get', 'put', 'delete'], jobs: ['announce-event'] },
    memory_mb: 256,
    timeout_seconds: 10,
  },
] as const satisfies readonly OperationRow[];

export const WEBHOOK_BACKGROUND = [
  {
    name: 'announce-event',
    trigger: { queue: 'announce-event' },
    touches: { listings: ['get', 'put', 'delete'] },
    memory_mb: 256,
    timeout_seconds: 60,
  },
  {
    name: 'retry-deliveries',
    trigger: { every_minutes: 1 },
    touches: { listings: ['get', 'put', 'delete', 'query'] },
    memory_mb: 256,
    timeout_seconds: 120,
  },
] as const satisfies readonly BackgroundRow[];
