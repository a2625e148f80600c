import { copySourceOf } from './copy-checksum.ts';
import { header, type Incoming } from './incoming.ts';
import { notImplemented, Refusal } from './refusal.ts';
import type { RequestKind } from './request-kind.ts';
import type { S3Store } from './strict-store.ts';

interface Place {
  readonly bucket: string;
  readonly key: string;
}

const FAILED = 'At least one of the pre-conditions you specified did not hold';

/**
 * Fails where a condition of a request does not hold. It looks at the store and the store is changed in the same
 * turn of the event loop, so of two that must not both succeed one does not.
 */
export function checkConditions(store: S3Store, kind: RequestKind, request: Incoming, place: Place): void {
  if (kind === 'CopyObject') checkCopySource(store, request, place);
  // fauxqs does these itself.
  if (kind === 'GetObject') return;
  const [match, noneMatch] = [header(request, 'if-match'), header(request, 'if-none-match')];
  if (match === undefined && noneMatch === undefined) return;
  const etag = etagAt(store, place);
  if (kind === 'HeadObject') {
    if (etag === undefined) return;
    if (match !== undefined && match !== etag) throw new Refusal(412, 'PreconditionFailed', FAILED);
    if (noneMatch === etag) throw new Refusal(304, 'NotModified', 'Not Modified');
    return;
  }
  if (noneMatch !== undefined && noneMatch !== '*')
    throw notImplemented(`${kind} with If-None-Match of an ETag`);
  if (noneMatch === '*' && etag !== undefined) throw new Refusal(412, 'PreconditionFailed', FAILED);
  if (match === undefined) return;
  if (etag === undefined) throw new Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
  if (match !== '*' && match !== etag) throw new Refusal(412, 'PreconditionFailed', FAILED);
}

function checkCopySource(store: S3Store, request: Incoming, place: Place): void {
  const { bucket, key } = copySourceOf(request.headers);
  if (key.includes('?versionId=')) throw notImplemented('A version as the source of a copy');
  const match = header(request, 'x-amz-copy-source-if-match');
  const etag = etagAt(store, { bucket, key });
  // fauxqs says itself that there is no such source.
  if (etag !== undefined && match !== undefined && match !== etag && match !== '*') {
    throw new Refusal(412, 'PreconditionFailed', FAILED);
  }
  const replaces = header(request, 'x-amz-metadata-directive') === 'REPLACE';
  if (bucket === place.bucket && key === place.key && !replaces) {
    throw new Refusal(
      400,
      'InvalidRequest',
      'This copy request is illegal because it is trying to copy an object to itself without changing anything of it.',
    );
  }
}

function etagAt(store: S3Store, { bucket, key }: Place): string | undefined {
  try {
    return store.headObject(bucket, key).etag;
  } catch {
    return undefined; // There is no such object, or no such bucket.
  }
}
