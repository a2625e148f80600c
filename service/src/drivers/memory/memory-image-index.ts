import { DomainError, imageNotFound } from '../../domain/errors.ts';
import { type ImageRecord, summaryOf } from '../../domain/image.ts';
import { isListed, type ListPosition } from '../../domain/listing.ts';
import type { AuditTrail } from '../../ports/audit-trail.ts';
import type { ImageIndex } from '../../ports/image-index.ts';
import type { ImageWalk } from '../../ports/image-walk.ts';
import type { JobQueue } from '../../ports/job-queue.ts';
import { createMemoryAuditTrail } from './memory-audit-trail.ts';
import { createMemoryJobQueue } from './memory-job-queue.ts';

/** Records in memory, for tests: the port's promises in their plainest form. */
export function createMemoryImageIndex(
  jobs: JobQueue = createMemoryJobQueue(),
  audit: Pick<AuditTrail, 'record'> = createMemoryAuditTrail(),
): ImageIndex & ImageWalk {
  const records = new Map<string, ImageRecord>();
  const mustBeStored = (previous: ImageRecord) => {
    const stored = records.get(previous.image_id);
    if (!stored) throw imageNotFound();
    const differs = (['version', 'revision', 'background_revision', 'status'] as const).some(
      (name) => stored[name] !== previous[name],
    );
    if (differs) {
      throw new DomainError('conflict', 'The image has changed meanwhile.');
    }
  };
  return {
    async insert(record, caused = [], event) {
      if (records.has(record.image_id)) throw new DomainError('conflict', 'There is an image with this id.');
      records.set(record.image_id, record);
      if (event) await audit.record(event);
      for (const job of caused) await jobs.enqueue(job);
    },
    get: async (id) => records.get(id),
    getSummaries: async (ids) =>
      ids.flatMap((id) => {
        const record = records.get(id);
        return record ? [summaryOf(record)] : [];
      }),
    async replace(previous, next, caused = [], event) {
      mustBeStored(previous);
      records.set(next.image_id, next);
      if (event) await audit.record(event);
      for (const job of caused) await jobs.enqueue(job);
    },
    async remove(previous, caused = [], event) {
      mustBeStored(previous);
      records.delete(previous.image_id);
      if (event) await audit.record(event);
      for (const job of caused) await jobs.enqueue(job);
    },
    async list(filter, limit, after) {
      const direction = filter.order === 'oldest' ? 1 : -1;
      const matching = [...records.values()]
        .filter((record) => isListed(record, filter))
        .filter((record) => !after || comparePositions(record, after) * direction > 0)
        .sort((a, b) => comparePositions(a, b) * direction);
      const page = matching.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(summaryOf),
        next:
          last && matching.length > limit ? { upload_time: last.upload_time, image_id: last.image_id } : null,
      };
    },
    async due(kind, before, limit, after = Number.NEGATIVE_INFINITY) {
      const end = ({ upload, deleted_at }: ImageRecord) =>
        Date.parse((kind === 'purge' ? deleted_at : upload?.expires_at) ?? '');
      return [...records.values()]
        .filter((record) => end(record) < before && end(record) > after)
        .sort((a, b) => end(a) - end(b))
        .slice(0, limit);
    },
    check: async () => {},
    async *walk() {
      yield* [...records.values()];
    },
    estimate: async () => records.size,
  };
}

function comparePositions(a: ListPosition, b: ListPosition): number {
  const left = `${a.upload_time} ${a.image_id}`;
  const right = `${b.upload_time} ${b.image_id}`;
  return left < right ? -1 : Number(left > right);
}
