import { describe, expect, test } from 'vitest';
import { newImageId } from './image-id.ts';
import { type Job, jobFromText } from './job.ts';

const image_id = newImageId(Date.now());
const CLEAN_UP: Job = { kind: 'clean-up-object', image_id, object_key: `alice/${image_id}` };
const FINISH: Job = { kind: 'finish-upload', image_id, upload_key: `.uploads/alice/${image_id}` };

describe('a job as the text that a queue keeps', () => {
  test.each([[CLEAN_UP], [FINISH]])('comes back as it was: $kind', (job) => {
    expect(jobFromText(JSON.stringify(job))).toEqual(job);
  });

  test.each([
    ['no JSON', 'clean up'],
    ['another kind of job', '{"kind":"make-coffee"}'],
    ['an id that is none', JSON.stringify({ ...CLEAN_UP, image_id: '../etc' })],
    ['a key that is none', JSON.stringify({ ...CLEAN_UP, object_key: 'a/../b' })],
    ['an upload that is none', JSON.stringify({ ...FINISH, upload_key: '' })],
  ])('is refused where it is %s', (_what, text) => {
    expect(() => jobFromText(text)).toThrow();
  });
});
