import { createHash } from 'node:crypto';
import type { ImageRecord } from '../../src/domain/image.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import { imageObjectKey, renditionObjectKey } from '../../src/domain/object-key.ts';
import { createSigner } from '../../src/domain/signing.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { createMemoryJobQueue } from '../../src/drivers/memory/memory-job-queue.ts';
import { createMemoryObjectStore } from '../../src/drivers/memory/memory-object-store.ts';
import { createMemoryQuotaLedger } from '../../src/drivers/memory/memory-quota-ledger.ts';
import { createMemoryUploadStore } from '../../src/drivers/memory/memory-upload-store.ts';
import { examineHome, type Finding, type Mender } from '../../src/operations/maintenance/examine-home.ts';
import type { BegunUpload } from '../../src/ports/begun-uploads.ts';
import type { DeadJob } from '../../src/ports/dead-jobs.ts';
import type { KnownJob } from '../../src/ports/known-jobs.ts';
import type { ListingCheck, ListingRow } from '../../src/ports/listing-check.ts';
import type { TemporaryFile } from '../../src/ports/temporary-files.ts';
import { sampleRecord } from './sample-record.ts';
import { silentLog } from './silent-log.ts';
import { keysOf, propertiesOf, put } from './stored-bytes.ts';

const UNLIMITED = { max_images: null, max_bytes: null };

/** A time by which everything that is there now is old. */
export const SOON = () => Date.now() + 60_000;

const BYTES = Buffer.from('bytes');

export interface ExamineMemory {
  readonly fix?: boolean;
  readonly scrub?: boolean;
  readonly before?: number;
  readonly settle?: () => Promise<void>;
}

/** A home in memory that can be spoilt by hand, and examined. */
export async function openMemoryHome() {
  const queue = createMemoryJobQueue();
  const index = createMemoryImageIndex(queue);
  const quotas = createMemoryQuotaLedger();
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  const objects = createMemoryObjectStore({ publicUrl: '', signer });
  const memoryUploads = createMemoryUploadStore({ publicUrl: '', signer, objects });
  const begun: BegunUpload[] = [];
  const uploads: typeof memoryUploads = {
    ...memoryUploads,
    async beginParts(key, content_type) {
      const parts_id = await memoryUploads.beginParts(key, content_type);
      begun.push({ key, parts_id, last_modified: new Date() });
      return parts_id;
    },
    async discardParts(key, parts_id) {
      await memoryUploads.discardParts(key, parts_id);
      begun.splice(0, begun.length, ...begun.filter((each) => each.parts_id !== parts_id));
    },
  };
  const unlisted = new Set<string>();
  const strays: ListingRow[] = [];
  const listings = listingsIn(index, unlisted, strays);
  const files: TemporaryFile[] = [];
  const knownJobs = new Map<string, readonly KnownJob[]>();
  const deadJobs: DeadJob[] = [];
  const home = {
    index,
    walk: index,
    usages: quotas,
    objects,
    uploads,
    listings,
    begunUploads: { walk: () => each(begun) },
    knownJobs: { jobsOf: async (image_id: string) => knownJobs.get(image_id) ?? [] },
    deadJobs: { listDead: async (limit: number) => deadJobs.slice(0, limit) },
    temporaryFiles: {
      walk: () => each(files),
      remove: async (name: string) => {
        files.splice(0, files.length, ...files.filter((file) => file.name !== name));
      },
    },
  };
  const mender: Mender = {
    index: {
      ...index,
      // Rows are written with their record.
      async replace(previous, next, jobs) {
        await index.replace(previous, next, jobs);
        unlisted.delete(next.image_id);
      },
    },
    objects,
    uploads,
    quotas,
    listings,
    clock: { now: Date.now },
    log: silentLog,
  };
  const insert = async (record: ImageRecord, room: number) => {
    await quotas.reserve(record.user_id, { images: 1, bytes: room }, UNLIMITED);
    await index.insert(record);
    return record;
  };
  /** An image with its bytes, processed, counted and listed. */
  const store = async (differing: Partial<ImageRecord> = {}) => {
    const { checksum_sha256 } = propertiesOf(BYTES);
    const size_bytes = BYTES.length;
    const placeholder = { thumbhash: 'x', color: '#000000' };
    const image_id = newImageId(Date.parse('2026-05-04T03:02:01.000Z'));
    const object_key = imageObjectKey('alice', image_id, differing.version ?? 1);
    const record = sampleRecord({
      image_id,
      object_key,
      size_bytes,
      checksum_sha256,
      placeholder,
      ...differing,
    });
    await put(objects, record.object_key, BYTES);
    return insert(record, size_bytes);
  };
  return {
    index,
    quotas,
    objects,
    uploads,
    knownJobs,
    deadJobs,
    strays,
    jobs: queue.jobs,
    store,
    keys: () => keysOf(objects),
    async remove(record: ImageRecord) {
      await index.remove(record);
      await quotas.giveBack(record.user_id, { images: 1, bytes: record.size_bytes });
    },
    /** An image of version 2, with the first as a former one. */
    async storeWithFormer() {
      const image_id = newImageId(Date.parse('2026-05-04T03:02:01.000Z'));
      const object_key = imageObjectKey('alice', image_id, 1);
      await put(objects, object_key, Buffer.from('before'));
      const checksum_sha256 = createHash('sha256').update('before').digest('hex');
      const { content_type, width, height, status, accepted_at } = sampleRecord();
      const former = { content_type, width, height, status, accepted_at, checksum_sha256, object_key };
      await quotas.reserve('alice', { images: 0, bytes: 6 }, UNLIMITED);
      const former_versions = [{ ...former, version: 1, size_bytes: 6 }];
      const key = imageObjectKey('alice', image_id, 2);
      return store({ image_id, object_key: key, version: 2, former_versions });
    },
    async addPreset(record: ImageRecord) {
      const presets = { format: 'webp', names: ['thumb'] } as const;
      await index.replace(record, { ...record, presets });
      const key = renditionObjectKey(record.user_id, record.image_id, record.version, 'thumb.webp');
      await put(objects, key, BYTES);
      return key;
    },
    async announce({ expires_at, ...id }: { expires_at: string; image_id?: string }) {
      const { image_id } = await insert(
        sampleRecord({ ...id, status: 'pending', size_bytes: 5, upload: { method: 'put', expires_at } }),
        5,
      );
      return image_id;
    },
    async arrive(key: string) {
      const incoming = await uploads.receive({ key });
      await incoming.write(BYTES);
      await incoming.commit();
    },
    async arrivals() {
      const keys: string[] = [];
      for await (const { key } of uploads.list()) keys.push(key);
      return keys;
    },
    leave: (file: TemporaryFile) => void files.push(file),
    unlist: (image_id: string) => void unlisted.add(image_id),
    async examine({
      fix = false,
      scrub = false,
      before = SOON(),
      settle = async () => {},
    }: ExamineMemory = {}) {
      const found: Finding[] = [];
      const options = { mender: fix ? mender : undefined, before, scrub, settle };
      const examined = await examineHome(home, options, (finding) => found.push(finding));
      const mended = found.filter((finding) => finding.mended).length;
      if (examined.found !== found.length || examined.mended !== mended)
        throw new Error('It counts wrongly.');
      return found;
    },
  };
}

/** Rows that are there, but for those of images that are said not to be listed. */
function listingsIn(
  index: ReturnType<typeof createMemoryImageIndex>,
  unlisted: ReadonlySet<string>,
  strays: ListingRow[],
): ListingCheck {
  return {
    suspectsAmong: async (records) =>
      records.map(({ image_id }) => image_id).filter((id) => unlisted.has(id)),
    async differencesOf(image_id) {
      const record = await index.get(image_id);
      return record && unlisted.has(image_id) ? { record, missing: ['its row'], stale: [] } : undefined;
    },
    strays: () => each(strays),
    isStray: async (row) => strays.includes(row),
    async removeStray(row) {
      return strays.splice(strays.indexOf(row), 1).length === 1;
    },
  };
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* [...items];
}
