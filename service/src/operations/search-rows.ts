import type { BackgroundRow } from './manifest-rows.ts';

export const SEARCH_BACKGROUND = [
  {
    name: 'sync-search',
    trigger: { queue: 'sync-search', stream: 'images' },
    touches: { images: ['get-several'], search: 'write', jobs: ['sync-search'] },
    memory_mb: 256,
    timeout_seconds: 60,
  },
] as const satisfies readonly BackgroundRow[];
