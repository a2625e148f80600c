import { type Incoming, queryValue } from './incoming.ts';
import { element, numberIn } from './part-listing.ts';
import type { Upload } from './strict-store.ts';

const LONGEST_PAGE = 1000;

type NamedUpload = Upload & { readonly id: string };

/**
 * A page of the uploads in parts that have not ended, in the order of their keys:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
export function uploadListing(request: Incoming, bucket: string, uploads: readonly NamedUpload[]): string {
  const prefix = queryValue(request, 'prefix') ?? '';
  const keyMarker = queryValue(request, 'key-marker') ?? '';
  const idMarker = queryValue(request, 'upload-id-marker') ?? '';
  const longest = Math.min(numberIn(request, 'max-uploads') ?? LONGEST_PAGE, LONGEST_PAGE);
  const rest = uploads
    .filter(({ key }) => key.startsWith(prefix))
    .filter((upload) => isAfter(upload, keyMarker, idMarker))
    .sort((a, b) => compare(a.key, b.key) || compare(a.id, b.id));
  const page = rest.slice(0, longest);
  const isTruncated = rest.length > page.length;
  const last = page.at(-1);
  const listed = page.map(({ key, id, initiated }) =>
    element('Upload', [
      element('Key', key),
      element('UploadId', id),
      element('Initiated', initiated.toISOString()),
    ]),
  );
  const result = element('ListMultipartUploadsResult', [
    element('Bucket', bucket),
    element('Prefix', prefix),
    element('KeyMarker', keyMarker),
    element('UploadIdMarker', idMarker),
    ...(isTruncated && last
      ? [element('NextKeyMarker', last.key), element('NextUploadIdMarker', last.id)]
      : []),
    element('MaxUploads', longest),
    element('IsTruncated', String(isTruncated)),
    ...listed,
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${result}`;
}

/** The marker of ids counts only with that of keys, and goes on within that key. */
function isAfter({ key, id }: NamedUpload, keyMarker: string, idMarker: string): boolean {
  if (keyMarker === '') return true;
  const order = compare(key, keyMarker);
  return order > 0 || (order === 0 && idMarker !== '' && compare(id, idMarker) > 0);
}

const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
