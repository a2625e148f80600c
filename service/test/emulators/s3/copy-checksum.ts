import type { IncomingHttpHeaders } from 'node:http';
import { digestOf } from './checksums.ts';
import { header } from './incoming.ts';
import { notImplemented } from './refusal.ts';
import type { S3Store } from './strict-store.ts';

interface Place {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Where the source of a copy is: the header is encoded once, and with or without a slash before the bucket.
 */
export function copySourceOf(headers: IncomingHttpHeaders): Place {
  const source = decodeURIComponent(header({ headers }, 'x-amz-copy-source') ?? '').replace(/^\//, '');
  const [bucket = '', key = ''] = source.split(/\/(.*)/s);
  return { bucket, key };
}

/**
 * Gives a copy its checksum: of the kind that is asked for, or of the source's, and always of the whole. fauxqs
 * takes what a header says for the checksum, and keeps that of parts, so it is told the right one.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
export function settleCopyChecksum(store: S3Store, headers: IncomingHttpHeaders): void {
  const source = objectAt(store, copySourceOf(headers));
  // fauxqs says itself that there is none.
  if (source === undefined) return;
  const wanted = header({ headers }, 'x-amz-checksum-algorithm')?.toLowerCase();
  const kept = source.checksumAlgorithm?.toLowerCase();
  const algorithm = wanted ?? kept;
  if (algorithm === undefined) return;
  if (header({ headers }, 'x-amz-metadata-directive') === 'REPLACE') {
    headers[`x-amz-checksum-${algorithm}`] = digestOf(algorithm, source.body).toString('base64');
  } else if (algorithm !== kept || source.checksumType !== 'FULL_OBJECT') {
    throw notImplemented('Another checksum for a copy that keeps its metadata');
  }
}

/** The answer to a copy, with the checksum that fauxqs does not tell. */
export function tellCopyChecksum(store: S3Store, place: Place, xml: string): string {
  const { checksumAlgorithm, checksumValue } = objectAt(store, place) ?? {};
  if (checksumAlgorithm === undefined || checksumValue === undefined) return xml;
  const name = `Checksum${checksumAlgorithm}`;
  const told = `<${name}>${checksumValue}</${name}><ChecksumType>FULL_OBJECT</ChecksumType>`;
  return xml.replace('</CopyObjectResult>', `${told}</CopyObjectResult>`);
}

function objectAt(store: S3Store, { bucket, key }: Place) {
  try {
    return store.headObject(bucket, key);
  } catch {
    return undefined; // There is no such object, or no such bucket.
  }
}
