import type { WebhooksConfig } from '../config/webhooks.ts';
import type { ImageRecord } from '../domain/image.ts';
import { newTimedId } from '../domain/image-id.ts';
import type { AnnounceEvent, Job } from '../domain/job.ts';
import { announcedImageOf, eventOfChange } from '../domain/webhook-event.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import { withMethods } from './observed/with-methods.ts';

/**
 * The index, which queues with each change that webhooks may be told of the job that tells them: all changes go
 * through it, so that none is forgotten, and none is told that was not made. Where webhooks are off it is the index
 * itself.
 * @param hasListeners whether there may be anybody to be told of a change that is made now, where that is known.
 */
export function announcedChanges(
  index: ImageIndex,
  webhooks: WebhooksConfig,
  clock: Clock,
  hasListeners: () => boolean = () => true,
): ImageIndex {
  if (webhooks === 'off') return index;
  const along = (jobs: readonly Job[] = [], ...change: Parameters<typeof eventOfChange>) =>
    hasListeners() ? [...jobs, ...announcements(clock, ...change)] : jobs;
  return withMethods(index, {
    insert: (record, jobs, audit) => index.insert(record, along(jobs, undefined, record), audit),
    replace: (previous, next, jobs, audit) =>
      index.replace(previous, next, along(jobs, previous, next), audit),
    remove: (previous, jobs, audit) => index.remove(previous, along(jobs, previous, undefined), audit),
  });
}

function announcements(
  clock: Clock,
  previous: ImageRecord | undefined,
  next: ImageRecord | undefined,
): readonly AnnounceEvent[] {
  const type = eventOfChange(previous, next);
  const record = next ?? previous;
  if (type === undefined || record === undefined) return [];
  const msecs = clock.now();
  const event = {
    event_id: newTimedId(msecs),
    type,
    at: new Date(msecs).toISOString(),
    image: announcedImageOf(record),
  };
  return [{ kind: 'announce-event', event }];
}
