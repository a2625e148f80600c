import { describe, expect, test } from 'vitest';
import { sampleRecord } from '../../test/support/sample-record.ts';
import type { ImageRecord } from './image.ts';
import { bodyOfEvent } from './webhook-delivery.ts';
import { announcedEvent, announcedImageOf, eventOfChange, eventOfDelivery } from './webhook-event.ts';

const READY = sampleRecord({ status: 'ready', deleted_at: null, version: 2, revision: 3 });
const recordWith = (differing: Partial<ImageRecord>): ImageRecord => ({ ...READY, ...differing });

const NONE = undefined;
const PENDING = recordWith({ status: 'pending' });
const SCANNING = recordWith({ status: 'scanning' });
const REJECTED = recordWith({ status: 'rejected' });
const TRASHED = recordWith({ deleted_at: '2026-05-04T03:02:01.000Z', revision: 4 });

const CHANGES: readonly (readonly [
  what: string,
  previous: ImageRecord | undefined,
  next: ImageRecord | undefined,
  type: string | undefined,
])[] = [
  ['an upload that is served at once', NONE, READY, 'image.ready'],
  ['an upload that is looked at first', NONE, SCANNING, undefined],
  ['an upload that is announced', NONE, PENDING, undefined],
  ['the end of an announced upload', PENDING, READY, 'image.ready'],
  ['its end, to be looked at first', PENDING, SCANNING, undefined],
  ['an announced upload that is given up', PENDING, NONE, undefined],
  ['a verdict that it may be served', SCANNING, READY, 'image.ready'],
  ['a verdict that it may not', SCANNING, REJECTED, 'image.rejected'],
  ['bytes that cannot be decoded after all', READY, REJECTED, 'image.rejected'],
  ['another title', READY, recordWith({ title: 'Evening', revision: 4 }), 'image.updated'],
  ['another title while it is looked at', SCANNING, { ...SCANNING, revision: 4 }, 'image.updated'],
  ['other bytes', READY, recordWith({ version: 3, revision: 1 }), 'image.updated'],
  ['other bytes that are looked at first', READY, { ...SCANNING, version: 3, revision: 1 }, 'image.updated'],
  ['other bytes in place of rejected ones', REJECTED, recordWith({ version: 3, revision: 1 }), 'image.ready'],
  ['previews of it', READY, recordWith({ background_revision: 9, width: 1 }), undefined],
  ['its deletion', READY, NONE, 'image.deleted'],
  ['the deletion of a rejected one', REJECTED, NONE, 'image.deleted'],
  ['its way into the trash', READY, TRASHED, 'image.deleted'],
  ['its way out of the trash', TRASHED, recordWith({ revision: 5 }), 'image.ready'],
  [
    'the way of a rejected one out of the trash',
    { ...TRASHED, status: 'rejected' },
    REJECTED,
    'image.rejected',
  ],
  [
    'the way of one out of the trash that is looked at',
    { ...TRASHED, status: 'scanning' },
    SCANNING,
    undefined,
  ],
  ['the end of its days in the trash', TRASHED, NONE, undefined],
  ['a verdict in the trash', { ...TRASHED, status: 'scanning' }, TRASHED, undefined],
];

test.each(CHANGES)('%s is told as it is', (_what, previous, next, type) => {
  expect(eventOfChange(previous, next)).toBe(type);
});

describe('what is told', () => {
  const event = {
    event_id: READY.image_id,
    type: 'image.updated',
    at: '2026-05-04T03:02:01.000Z',
    image: announcedImageOf(READY),
  } as const;

  test('is of a known form, and comes back from the body of its message', () => {
    expect(announcedEvent.parse(event)).toEqual(event);
    expect(eventOfDelivery({ event_id: event.event_id, body: bodyOfEvent(event) })).toEqual(event);
  });

  test('says nothing that its owner has written, and nothing of where it lies', () => {
    expect(Object.keys(event.image)).toEqual([
      'image_id',
      'user_id',
      'version',
      'status',
      'content_type',
      'size_bytes',
      'width',
      'height',
      'rejection_reason',
    ]);
    expect(Object.keys(JSON.parse(bodyOfEvent(event)) as object)).toEqual(['type', 'timestamp', 'data']);
  });
});
