import { type FinishUpload, jobFromText } from '../../domain/job.ts';
import { imageIdOfUpload } from '../../domain/object-key.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
interface S3Event {
  readonly Event?: string;
  readonly Records?: readonly { readonly s3?: { readonly object?: { readonly key?: string } } }[];
}

/**
 * The jobs in a message of the queue of uploads: S3's events about objects that have been created there. Its
 * test event, which it sends when it is told of the queue, has none.
 * @throws Error for what is no such message.
 */
export function finishJobsOf(text: string): FinishUpload[] {
  const event = JSON.parse(text) as S3Event;
  if (event.Event === 's3:TestEvent') return [];
  return (event.Records ?? [undefined]).map((record) => {
    // A form's encoding: a space is a plus.
    const upload_key = decodeURIComponent((record?.s3?.object?.key ?? '').replaceAll('+', ' '));
    const image_id = imageIdOfUpload(upload_key);
    const job = jobFromText(JSON.stringify({ kind: 'finish-upload', image_id, upload_key }));
    if (job.kind !== 'finish-upload') throw new Error('The message is no event of an upload.');
    return job;
  });
}
