import { createHash } from 'node:crypto';
import type { ImageRecord } from '../../src/domain/image.ts';
import type { Job } from '../../src/domain/job.ts';
import { createSigner } from '../../src/domain/signing.ts';
import { createMemoryImageIndex } from '../../src/drivers/memory/memory-image-index.ts';
import { createMemoryJobQueue } from '../../src/drivers/memory/memory-job-queue.ts';
import { createMemoryObjectStore } from '../../src/drivers/memory/memory-object-store.ts';
import { type MigrationProblem, migrateImages } from '../../src/operations/maintenance/migrate-images.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { sampleRecord } from './sample-record.ts';

const URLS = { publicUrl: '', signer: createSigner(['x'.repeat(32)], 'object-urls') };

/** One side of a migration, in memory, with the jobs that it has been given. */
export function side() {
  const queue = createMemoryJobQueue();
  const index = createMemoryImageIndex(queue);
  const jobs: readonly Job[] = queue.jobs;
  return { index, walk: index, objects: createMemoryObjectStore(URLS), jobs };
}

export type Side = ReturnType<typeof side>;

export async function put(objects: ObjectStore, key: string, bytes: Buffer): Promise<void> {
  const draft = await objects.begin();
  await draft.write(bytes);
  await draft.commit(key, { content_type: 'image/jpeg', checksum_sha256: '' });
}

/** What a record says of these bytes. */
export function measured(content: string): Pick<ImageRecord, 'checksum_sha256' | 'size_bytes'> {
  const bytes = Buffer.from(content);
  return { checksum_sha256: createHash('sha256').update(bytes).digest('hex'), size_bytes: bytes.length };
}

/** An image whose bytes are `content`. */
export async function add(
  { index, objects }: Pick<Side, 'index' | 'objects'>,
  content: string,
  differing: Partial<ImageRecord> = {},
): Promise<ImageRecord> {
  const record = sampleRecord({ ...measured(content), ...differing });
  await put(objects, record.object_key, Buffer.from(content));
  await index.insert(record);
  return record;
}

export async function bytesAt({ objects }: Pick<Side, 'objects'>, key: string): Promise<string | undefined> {
  const object = await objects.open(key);
  return object && Buffer.from(await object.read(0, object.size_bytes)).toString();
}

type Ends = Pick<Side, 'index' | 'walk'> & { readonly objects: ObjectStore };

/** Migrates, and says what has come of it. */
export async function migrated(source: Ends, target: Ends, options: { deleteGone?: boolean } = {}) {
  const problems: MigrationProblem[] = [];
  const report = { progress() {}, problem: (problem: MigrationProblem) => problems.push(problem) };
  const settings = { deleteGone: false, atOnce: 3, ...options };
  const summary = await migrateImages(source, target, settings, report);
  return { summary, problems };
}
