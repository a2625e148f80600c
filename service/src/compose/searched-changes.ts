import type { ImageRecord } from '../domain/image.ts';
import type { Job } from '../domain/job.ts';
import { isFoundOtherwise } from '../domain/search.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import { withMethods } from './observed/with-methods.ts';

/**
 * The index, which queues with each change that searches are to see of the job that has them see it. For servers:
 * functions leave that to the table's stream.
 */
export function searchedChanges(index: ImageIndex): ImageIndex {
  const along = (jobs: readonly Job[] = [], { image_id }: ImageRecord): readonly Job[] => [
    ...jobs,
    { kind: 'sync-search', image_id },
  ];
  return withMethods(index, {
    insert: (record, jobs, audit) => index.insert(record, along(jobs, record), audit),
    replace: (previous, next, jobs, audit) =>
      index.replace(previous, next, isFoundOtherwise(previous, next) ? along(jobs, next) : jobs, audit),
    remove: (previous, jobs, audit) => index.remove(previous, along(jobs, previous), audit),
  });
}
