import { expect } from 'vitest';
import { isImageId } from '../../../src/domain/image-id.ts';
import { imageObjectKey, unstrippedKey } from '../../../src/domain/object-key.ts';
import { expireUploads } from '../../../src/operations/background/expire-uploads.ts';
import { purgeTrash } from '../../../src/operations/background/purge-trash.ts';
import { renderMissing } from '../../../src/operations/background/render-missing.ts';
import { resendJobs } from '../../../src/operations/background/resend-jobs.ts';
import { retryDeliveries } from '../../../src/operations/background/retry-deliveries.ts';
import { syncChangedImages } from '../../../src/operations/background/sync-search.ts';
import type { WalkedHome } from './walked-home.ts';
import {
  answered,
  arrivedLate,
  causing,
  DAY_MS,
  expectDeveloped,
  expectDoneOnce,
  expectToldOnce,
  finishing,
  followedBy,
  foundClean,
  gone,
  handed,
  keysOfUploads,
  LEFT_BYTES,
  LONG_MS,
  later,
  NEXT_TRY_MS,
  notesOf,
  placed,
  refusedOnce,
  rich,
  succeeded,
  unsent,
  withoutBytes,
  withoutRecord,
} from './walked-job-grounds.ts';
import type { Subject, WalkedOperation } from './walked-operation.ts';
import {
  arrived,
  presetsOf,
  processed,
  RENDITION,
  recordOf,
  renditionsOf,
  trashed,
  uploaded,
} from './walked-operations.ts';
import { awaited } from './walked-webhooks.ts';

/** What is done to images once their bytes are there. */
const PROCESSING: readonly WalkedOperation[] = [
  {
    name: 'process-image',
    operation: 'process-image',
    processes: true,
    prepare: causing('process-image', uploaded),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 1,
    async inTheEnd(home, subject) {
      await expectDeveloped(home, subject);
      expect((await recordOf(home, subject.image_id)).background_revision).toBe(1);
    },
  },
  {
    name: 'process-image (scanned by GuardDuty)',
    operation: 'process-image',
    isLong: true,
    variables: { SCANNER: 'guardduty' },
    processes: true,
    prepare: causing('process-image', foundClean),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 1,
    inTheEnd: expectDeveloped,
  },
  {
    name: 'process-image (that says where it was taken)',
    operation: 'process-image',
    isLong: true,
    variables: { STRIP_GPS: 'true' },
    processes: true,
    prepare: causing('process-image', placed),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 1,
    async inTheEnd(home, subject) {
      await expectDeveloped(home, subject);
      const { object_key, user_id, image_id } = await recordOf(home, subject.image_id);
      expect(unstrippedKey(object_key)).toBe(imageObjectKey(user_id, image_id, 1));
    },
  },
  {
    name: 'render-missing',
    operation: 'render-missing',
    processes: true,
    prepare: processed,
    call: (home, { user_id, image_id }) =>
      answered(async () => {
        const key = `.renditions/${user_id}/${image_id}.v1/${RENDITION}`;
        const { object } = await renderMissing(home.deps, key);
        try {
          await object.read(0, object.size_bytes);
        } finally {
          await object.close();
        }
      }),
    succeeds: [204],
    images: 1,
    async inTheEnd(home, subject) {
      const all = [...(await presetsOf(home, subject)), RENDITION].sort();
      expect(await renditionsOf(home, subject)).toEqual(all);
    },
  },
];

/** What removes images, or what is left of them. */
const REMOVING: readonly WalkedOperation[] = [
  {
    name: 'withdraw-image (that is gone)',
    operation: 'withdraw-image',
    processes: true,
    prepare: causing('withdraw-image', gone),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 0,
    async inTheEnd(home, subject) {
      expect(await renditionsOf(home, subject)).toEqual([]);
      if (isImageId(subject.image_id)) expect(await home.deps.links.list(subject.image_id, 0)).toEqual([]);
      // However often it is said, it is one and the same to CloudFront, which may have it charged.
      const forgotten = home.forgotten.filter((asked) => asked.includes(subject.image_id));
      expect(new Set(forgotten).size).toBe(1);
    },
  },
  {
    name: 'withdraw-image (that was replaced)',
    operation: 'withdraw-image',
    isLong: true,
    variables: { KEEP_VERSIONS: '0' },
    processes: true,
    prepare: causing('withdraw-image', succeeded),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 1,
    inTheEnd: expectDeveloped,
  },
  {
    name: 'clean-up-object (of a record without bytes)',
    operation: 'clean-up-object',
    prepare: followedBy(async (home, { image_id }) => {
      const { object_key, ...record } = await recordOf(home, image_id);
      return { kind: 'clean-up-object', image_id: record.image_id, object_key };
    }, withoutBytes),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 0,
  },
  {
    name: 'clean-up-object (of bytes without a record)',
    operation: 'clean-up-object',
    isLong: true,
    prepare: followedBy(async (_home, { user_id, image_id }) => {
      if (!isImageId(image_id)) throw new Error('There is no image.');
      const object_key = imageObjectKey(user_id, image_id, 1);
      const reserved = { user_id, images: 1, bytes: LEFT_BYTES.length };
      return { kind: 'clean-up-object', image_id, object_key, reserved };
    }, withoutRecord),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 0,
  },
  {
    name: 'erase-images',
    operation: 'erase-images',
    isLong: true,
    prepare: followedBy(
      async (home, { user_id }) => ({ kind: 'erase-images', user_id, before: home.deps.clock.now() + 1000 }),
      rich,
    ),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 0,
    inTheEnd: (home, subject) => expectDoneOnce(home, subject, 'erase-user'),
  },
  {
    name: 'purge-trash',
    operation: 'purge-trash',
    prepare: trashed,
    call: (home) => answered(() => purgeTrash(later(home, 31 * DAY_MS))),
    succeeds: [204],
    images: 0,
    inTheEnd: (home, subject) => expectDoneOnce(home, subject, 'purge-trash'),
  },
];

/** What ends uploads. */
const UPLOADING: readonly WalkedOperation[] = [
  ...(['put', 'parts'] as const).map(
    (method): WalkedOperation => ({
      name: `finish-upload (${method})`,
      operation: 'finish-upload',
      ...(method === 'put' ? { isLong: true } : {}),
      prepare: followedBy(finishing, arrived(method)),
      isHandedOut: true,
      call: handed,
      succeeds: [204],
      images: 1,
      inTheEnd: (home, subject) => expectDoneOnce(home, subject, 'finish-upload'),
    }),
  ),
  {
    name: 'finish-upload (of one that has ended)',
    operation: 'finish-upload',
    isLong: true,
    prepare: followedBy(finishing, arrivedLate),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 0,
    inTheEnd: async (home, subject) => expect(await keysOfUploads(home, subject)).toEqual([]),
  },
  ...(['put', 'parts'] as const).map(
    (method): WalkedOperation => ({
      name: `expire-uploads (${method})`,
      operation: 'expire-uploads',
      ...(method === 'put' ? { isLong: true } : {}),
      prepare: arrived(method),
      call: (home) => answered(() => expireUploads(later(home, LONG_MS))),
      succeeds: [204],
      images: 0,
      async inTheEnd(home, subject, at) {
        await expectDoneOnce(home, subject, 'expire-uploads');
        // The record goes first: bytes that could not be removed after it wait for the bucket's own rules.
        if (!LEAVING_ARRIVALS.includes(at)) expect(await keysOfUploads(home, subject)).toEqual([]);
      },
    }),
  ),
];

/** Where the end of an upload that comes to nothing leaves what has arrived. */
const LEAVING_ARRIVALS: readonly (string | undefined)[] = ['S3 DELETE', 'TransactWriteItems'];

/** What is told to others: queues, receivers, a search. */
const TELLING: readonly WalkedOperation[] = [
  {
    name: 'resend-jobs',
    operation: 'resend-jobs',
    processes: true,
    prepare: unsent,
    async call(home) {
      const { outbox } = home;
      return answered(() => resendJobs({ outbox, clock: later(home, DAY_MS).clock }));
    },
    succeeds: [204],
    images: 1,
    async inTheEnd(home, subject) {
      await expectDeveloped(home, subject);
      expect(await notesOf(home, subject)).toBe(0);
    },
  },
  {
    name: 'announce-event',
    operation: 'announce-event',
    variables: { WEBHOOKS: 'internal' },
    prepare: async (home, user_id) => {
      const subject = await awaited(home, user_id);
      return { ...subject, beside: await home.take('announce-event', subject.image_id) };
    },
    isHandedOut: true,
    call: (home, { beside = '' }) => answered(() => home.hand(beside)),
    succeeds: [204],
    images: 1,
    inTheEnd: (home, subject, at) => expectToldOnce(home, subject, at, 1),
  },
  {
    name: 'retry-deliveries',
    operation: 'retry-deliveries',
    variables: { WEBHOOKS: 'internal' },
    prepare: refusedOnce,
    call: (home) => answered(() => retryDeliveries(later(home, NEXT_TRY_MS))),
    succeeds: [204],
    images: 1,
    inTheEnd: (home, subject, at) => expectToldOnce(home, subject, at, 2),
  },
  {
    name: 'sync-search (of a job)',
    operation: 'sync-search',
    prepare: followedBy(
      async (home, { image_id }) => ({
        kind: 'sync-search',
        image_id: (await recordOf(home, image_id)).image_id,
      }),
      uploaded,
    ),
    isHandedOut: true,
    call: handed,
    succeeds: [204],
    images: 1,
    inTheEnd: expectFound,
  },
  {
    name: 'sync-search (of changes)',
    operation: 'sync-search',
    prepare: uploaded,
    isHandedOut: true,
    async call(home, { image_id }) {
      const left = await syncChangedImages(home.jobDeps(), [image_id].filter(isImageId));
      // They are handed out again by the stream.
      return new Response(null, { status: left.length === 0 ? 204 : 503 });
    },
    succeeds: [204],
    images: 1,
    inTheEnd: expectFound,
  },
];

async function expectFound(home: WalkedHome, { image_id }: Subject): Promise<void> {
  const record = await recordOf(home, image_id);
  expect(home.search.found.get(record.image_id)).toEqual(record);
}

/** What is done apart from the API: a job that fails is handed out again, and so is what the clock starts. */
export const WALKED_JOBS: readonly WalkedOperation[] = [...PROCESSING, ...REMOVING, ...UPLOADING, ...TELLING];
