import { describe, expect, test } from 'vitest';
import { newImageId } from './image-id.ts';
import { delayOf, JOB_KINDS, type Job, jobFromText } from './job.ts';

const image_id = newImageId(Date.now());
const CLEAN_UP: Job = { kind: 'clean-up-object', image_id, object_key: `alice/${image_id}` };
const FINISH: Job = { kind: 'finish-upload', image_id, upload_key: `.uploads/alice/${image_id}` };
const PROCESS: Job = { kind: 'process-image', image_id, version: 3 };
const WITHDRAW: Job = {
  kind: 'withdraw-image',
  image_id,
  user_id: 'alice',
  object_keys: [`alice/${image_id}`],
};
const SYNC: Job = { kind: 'sync-search', image_id };
const ERASE: Job = { kind: 'erase-images', user_id: 'alice', before: Date.UTC(2026, 4, 4) };
const ANNOUNCE: Job = {
  kind: 'announce-event',
  event: {
    event_id: newImageId(Date.now()),
    type: 'image.ready',
    at: '2026-05-04T03:02:01.000Z',
    image: {
      image_id,
      user_id: 'alice',
      version: 1,
      status: 'ready',
      content_type: 'image/png',
      size_bytes: 294,
      width: 3,
      height: 2,
      rejection_reason: null,
    },
  },
};
const REPLAY: Job = { ...ANNOUNCE, webhook_id: newImageId(Date.now()) };
const RESERVED: Job = { ...CLEAN_UP, reserved: { user_id: 'alice', images: 1, bytes: 294 } };

const JOBS: readonly Job[] = [ANNOUNCE, REPLAY, CLEAN_UP, RESERVED, FINISH, PROCESS, WITHDRAW, SYNC, ERASE];

describe('a job as the text that a queue keeps', () => {
  test.each(JOBS)('comes back as it was: $kind', (job) => {
    expect(jobFromText(JSON.stringify(job))).toEqual(job);
  });

  test('is known here of every kind that there is', () => {
    expect([...new Set(JOBS.map(({ kind }) => kind))].sort()).toEqual([...JOB_KINDS].sort());
  });

  test('is nothing but the job, whatever a queue has written beside it', () => {
    expect(jobFromText(JSON.stringify({ ...PROCESS, outbox: { pk: 'a', sk: 'b' } }))).toEqual(PROCESS);
  });

  test.each([
    ['no JSON', 'clean up'],
    ['another kind of job', '{"kind":"make-coffee"}'],
    ['an id that is none', JSON.stringify({ ...CLEAN_UP, image_id: '../etc' })],
    ['a key that is none', JSON.stringify({ ...CLEAN_UP, object_key: 'a/../b' })],
    ['an upload that is none', JSON.stringify({ ...FINISH, upload_key: '' })],
    ['an image without an id', JSON.stringify({ ...PROCESS, image_id: undefined })],
    ['a version that is none', JSON.stringify({ ...PROCESS, version: 0 })],
    ['half a version', JSON.stringify({ ...PROCESS, version: 1.5 })],
    ['a version as text', JSON.stringify({ ...PROCESS, version: '1' })],
    ['objects of which one has no key', JSON.stringify({ ...WITHDRAW, object_keys: ['a/../b'] })],
    ['an event of a kind that there is not', JSON.stringify(ANNOUNCE).replace('image.ready', 'image.viewed')],
    ['a user without a name', JSON.stringify({ ...ERASE, user_id: undefined })],
    [
      'room that is less than none',
      JSON.stringify({ ...CLEAN_UP, reserved: { user_id: 'a', images: -1, bytes: 1 } }),
    ],
  ])('is refused where it is %s', (_what, text) => {
    expect(() => jobFromText(text)).toThrow();
  });
});

test('a clean-up waits until whatever it looks after has ended, and nothing else waits', () => {
  const delays = Object.fromEntries(JOB_KINDS.map((kind) => [kind, delayOf({ kind })]));
  const none = Object.fromEntries(JOB_KINDS.map((kind) => [kind, 0]));
  expect(delays).toEqual({ ...none, 'clean-up-object': 60 });
  expect(delayOf({ kind: 'clean-up-object', bytes_are_gone: true })).toBe(0);
});
