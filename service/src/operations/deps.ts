import type { ImageStatus } from '../domain/image.ts';
import type { HeaderLimits } from '../domain/image-header.ts';
import type { ObjectKey } from '../domain/object-key.ts';
import type { QuotaLimits } from '../domain/quota.ts';
import type { PresetFormat } from '../domain/rendition.ts';
import type { Signer } from '../domain/signing.ts';
import type { AuditTrail } from '../ports/audit-trail.ts';
import type { Clock } from '../ports/clock.ts';
import type { IdempotencyKeys } from '../ports/idempotency-keys.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { QuotaLedger } from '../ports/quota-ledger.ts';
import type { Renderer } from '../ports/renderer.ts';
import type { SearchIndex } from '../ports/search-index.ts';
import type { ShareLinks } from '../ports/share-links.ts';
import type { UploadStore } from '../ports/upload-store.ts';
import type { WebhookSender } from '../ports/webhook-sender.ts';
import type { WebhookDeliveries, WebhookRegistry } from '../ports/webhooks.ts';

/** What operations need from the world. Each takes the part that it uses. */
export interface Deps {
  readonly index: ImageIndex;
  /** Undefined where images are not found by their texts. */
  readonly search: SearchIndex | undefined;
  readonly objects: ObjectStore;
  readonly uploads: UploadStore;
  readonly jobs: JobQueue;
  readonly renderer: Renderer;
  /** Under which callers repeat requests. */
  readonly keys: IdempotencyKeys;
  readonly quotas: QuotaLedger;
  readonly audit: AuditTrail;
  readonly links: ShareLinks;
  /** Undefined where nobody is told of changes. */
  readonly webhooks: WebhookParts | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly pageTokens: Signer;
  readonly limits: UploadLimits;
  /** What an image is once its bytes are accepted: `scanning` where somebody is to look at them first. */
  readonly statusOnArrival: Extract<ImageStatus, 'scanning' | 'ready'>;
  /** Of users who have none of their own. */
  readonly quotaLimits: QuotaLimits;
  /** Renditions that this process is making, by their keys: who asks for one of them waits for it. */
  readonly renderings: Map<ObjectKey, Promise<void>>;
  /** Whether a URL of a rendition that is not there has it made: then nobody makes it before giving out the URL. */
  readonly rendersOnMiss: boolean;
  /** What presets are made as. */
  readonly presetFormat: PresetFormat;
  /** Whether originals are rewritten without where they were taken, before they are served. */
  readonly stripGps: boolean;
  /** How many versions of an image are kept beside the current one. */
  readonly keepVersions: number;
  /** How long a deleted image lies in the trash; 0: it is gone at once. */
  readonly trashDays: number;
  /** How long it is kept who did what. */
  readonly auditDays: number;
  /** Least life of a presigned URL. */
  readonly urlExpiresSeconds: number;
  /** Life of an announced upload; one in parts may be taken up again for a day. */
  readonly uploadExpiresSeconds: number;
}

export interface WebhookParts {
  readonly registry: WebhookRegistry;
  readonly deliveries: WebhookDeliveries;
  readonly sender: WebhookSender;
}

export interface UploadLimits extends HeaderLimits {
  readonly maxImageBytes: number;
  /** What a request itself can carry; larger images are sent straight to the store. */
  readonly maxInlineBytes: number;
}
