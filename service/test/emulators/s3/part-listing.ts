import { type Incoming, queryValue } from './incoming.ts';
import { escapeXml, Refusal } from './refusal.ts';
import type { Upload } from './strict-store.ts';

const LONGEST_PAGE = 1000;

/**
 * A page of the parts that have arrived for an upload, in the order of their numbers:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
 */
export function partListing(request: Incoming, { bucket, key, algorithm, parts }: Upload): string {
  const longest = Math.min(numberIn(request, 'max-parts') ?? LONGEST_PAGE, LONGEST_PAGE);
  const marker = numberIn(request, 'part-number-marker') ?? 0;
  const rest = [...parts].filter(([number]) => number > marker).sort(([a], [b]) => a - b);
  const page = rest.slice(0, longest);
  const listed = page.map(([number, { size, etag, lastModified, checksum }]) =>
    element('Part', [
      element('PartNumber', number),
      element('LastModified', lastModified.toISOString()),
      element('ETag', etag),
      element('Size', size),
      algorithm === undefined || checksum === undefined ? '' : element(`Checksum${algorithm}`, checksum),
    ]),
  );
  const result = element('ListPartsResult', [
    element('Bucket', bucket),
    element('Key', key),
    element('UploadId', queryValue(request, 'uploadId') ?? ''),
    element('PartNumberMarker', marker),
    element('NextPartNumberMarker', page.at(-1)?.[0] ?? 0),
    element('MaxParts', longest),
    element('IsTruncated', String(rest.length > page.length)),
    ...listed,
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${result}`;
}

/** @param content text, or elements that are ready. */
export function element(name: string, content: string | number | readonly string[]): string {
  const inside = Array.isArray(content) ? content.join('') : escapeXml(String(content));
  return `<${name}>${inside}</${name}>`;
}

export function numberIn(request: Incoming, name: string): number | undefined {
  const value = queryValue(request, name);
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new Refusal(400, 'InvalidArgument', `Provided ${name} not an integer or within integer range`);
}
