import type { Job } from '../../src/domain/job.ts';
import { MEDIA_TYPES } from '../../src/domain/media-type.ts';
import { createSigner } from '../../src/domain/signing.ts';
import { createMemoryAuditTrail } from '../../src/drivers/memory/memory-audit-trail.ts';
import { createMemoryIdempotencyKeys } from '../../src/drivers/memory/memory-idempotency-keys.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { createMemoryJobQueue } from '../../src/drivers/memory/memory-job-queue.ts';
import { createMemoryObjectStore } from '../../src/drivers/memory/memory-object-store.ts';
import { createMemoryQuotaLedger } from '../../src/drivers/memory/memory-quota-ledger.ts';
import { createMemorySearchIndex } from '../../src/drivers/memory/memory-search-index.ts';
import { createMemoryShareLinks } from '../../src/drivers/memory/memory-share-links.ts';
import { createMemoryUploadStore } from '../../src/drivers/memory/memory-upload-store.ts';
import type { JobDeps } from '../../src/operations/background/do-job.ts';
import type { ObjectDraft, ObjectStore } from '../../src/ports/object-store.ts';
import { ALL, listed } from './listed.ts';
import { type LogEntry, recordingLog } from './recording-log.ts';
import { ScriptedRenderer } from './scripted-renderer.ts';
import { keysOf } from './stored-bytes.ts';

export const PUBLIC_URL = 'https://images.example.com';
const SECRET = 'a secret for tests, of 32 letters';

/** Whole seconds past the full hour, so that nothing falls on a round number by chance. */
export const NOW = Date.UTC(2026, 4, 4, 3, 2, 1);

export interface MemoryDeps {
  readonly deps: JobDeps;
  readonly log: readonly LogEntry[];
  /** What has been left for later. */
  readonly jobs: readonly Job[];
  /** What lies in the stores: keys of objects, ids of listed images, and drafts that nobody has ended. */
  stored(): Promise<{ objects: string[]; images: string[]; drafts: number }>;
}

export const NOTHING = { objects: [], images: [], drafts: 0 };

/** What operations need, in memory; the clock goes on by a millisecond each time it is asked. */
export function memoryDeps(): MemoryDeps {
  const jobs = createMemoryJobQueue();
  const audit = createMemoryAuditTrail();
  const index = createMemoryImageIndex(jobs, audit);
  const log = recordingLog();
  const drafts = new Set<ObjectDraft>();
  const objects = countingDrafts(
    createMemoryObjectStore({ publicUrl: PUBLIC_URL, signer: createSigner([SECRET], 'object-urls') }),
    drafts,
  );
  let now = NOW;
  const deps: JobDeps = {
    index,
    search: createMemorySearchIndex(index),
    objects,
    uploads: createMemoryUploadStore({
      publicUrl: PUBLIC_URL,
      signer: createSigner([SECRET], 'upload-urls'),
      objects,
    }),
    jobs,
    keys: createMemoryIdempotencyKeys(),
    quotas: createMemoryQuotaLedger(),
    audit,
    links: createMemoryShareLinks(audit),
    webhooks: undefined,
    log,
    clock: { now: () => now++ },
    pageTokens: createSigner([SECRET], 'page-tokens'),
    limits: {
      maxImageBytes: 1_000_000,
      maxInlineBytes: 1_000_000,
      maxPixels: 1_000_000,
      acceptedTypes: new Set(MEDIA_TYPES),
    },
    statusOnArrival: 'ready',
    scanner: undefined,
    edge: undefined,
    searchFeed: undefined,
    renderer: new ScriptedRenderer(),
    renderings: new Map(),
    rendersOnMiss: false,
    presetFormat: 'webp',
    keepGps: false,
    stripGps: false,
    keepVersions: 10,
    trashDays: 0,
    auditDays: 365,
    quotaLimits: { max_images: null, max_bytes: null },
    urlExpiresSeconds: 3600,
    uploadExpiresSeconds: 1800,
  };
  const stored = async () => ({
    objects: await keysOf(objects),
    images: await listed(index, ALL),
    drafts: drafts.size,
  });
  return { deps, log: log.entries, jobs: jobs.jobs, stored };
}

/** The store, with each draft in `drafts` from its beginning to its commit or discard. */
function countingDrafts(store: ObjectStore, drafts: Set<ObjectDraft>): ObjectStore {
  return {
    ...store,
    async begin() {
      const inner = await store.begin();
      const draft: ObjectDraft = {
        write: (chunk) => inner.write(chunk),
        async commit(key, properties) {
          await inner.commit(key, properties);
          drafts.delete(draft);
        },
        async discard() {
          await inner.discard();
          drafts.delete(draft);
        },
      };
      drafts.add(draft);
      return draft;
    },
  };
}
