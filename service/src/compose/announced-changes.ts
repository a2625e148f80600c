import { v7 as uuidv7 } from 'uuid';
import type { WebhooksConfig } from '../config/webhooks.ts';
import type { ImageRecord } from '../domain/image.ts';
import type { AnnounceEvent, Job } from '../domain/job.ts';
import { announcedImageOf, eventOfChange } from '../domain/webhook-event.ts';
import type { Clock } from '../ports/clock.ts';
import type { ImageIndex } from '../ports/image-index.ts';
import { withMethods } from './observed/with-methods.ts';

/**
 * The index, which queues with each change that webhooks may be told of the job that tells them: all changes go
 * through it, so that none is forgotten, and none is told that was not made. Where webhooks are off it is the index
 * itself.
 */
export function announcedChanges(index: ImageIndex, webhooks: WebhooksConfig, clock: Clock): ImageIndex {
  if (webhooks === 'off') return index;
  const along = (jobs: readonly Job[] = [], ...change: Parameters<typeof eventOfChange>) => [
    ...jobs,
    ...announcements(clock, ...change),
  ];
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
    event_id: uuidv7({ msecs }),
    type,
    at: new Date(msecs).toISOString(),
    image: announcedImageOf(record),
  };
  return [{ kind: 'announce-event', event }];
}
