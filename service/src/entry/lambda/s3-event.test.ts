import { describe, expect, test } from 'vitest';
import { newImageId } from '../../domain/image-id.ts';
import { uploadObjectKey } from '../../domain/object-key.ts';
import { finishJobsOf } from './s3-event.ts';

const created = (...keys: readonly string[]) =>
  JSON.stringify({
    Records: keys.map((key) => ({ eventName: 'ObjectCreated:Put', s3: { object: { key } } })),
  });

describe('an event of S3 about uploads', () => {
  test.each(['alice', 'söhne & co/1', 'a+b c%'])('of %j says which upload has arrived', (user) => {
    const image_id = newImageId(Date.now());
    const upload_key = uploadObjectKey(user, image_id);
    // As S3 encodes keys in events.
    const encoded = encodeURIComponent(upload_key).replaceAll('%2F', '/').replaceAll('%20', '+');
    expect(finishJobsOf(created(encoded))).toEqual([{ kind: 'finish-upload', image_id, upload_key }]);
  });

  test('may tell of several', () => {
    const keys = [1, 2].map((at) => uploadObjectKey('alice', newImageId(at)));
    expect(finishJobsOf(created(...keys)).map(({ upload_key }) => upload_key)).toEqual(keys);
  });

  test('that S3 sends to try the queue out is nothing to do', () => {
    expect(finishJobsOf('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"images"}')).toEqual([]);
  });

  test.each([
    ['no JSON', 'hello'],
    ['nothing of S3', '{}'],
    ['an image, which is no upload', created(`alice/${newImageId(1)}`)],
    ['a key without an id', created('.uploads/alice/x')],
  ])('is refused where it is %s', (_what, text) => {
    expect(() => finishJobsOf(text)).toThrow();
  });
});
