import { createHash } from 'node:crypto';
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { awsStatus } from './failures.ts';
import { openS3Object } from './open-s3-object.ts';

export interface StoredObject {
  /** In base64, of the whole object. */
  readonly checksumSha256: string;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Location {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * What lies there, with its SHA-256: as S3 tells it, or else, on engines that keep none, from its bytes;
 * undefined when there is nothing. Throws what the SDK throws.
 */
export async function storedObject(client: S3Client, location: Location): Promise<StoredObject | undefined> {
  try {
    const head = await client.send(new HeadObjectCommand({ ...location, ChecksumMode: 'ENABLED' }));
    const { ChecksumSHA256: told, Metadata: metadata = {} } = head;
    const whole = told !== undefined && !MADE_OF_PARTS.test(told);
    return { checksumSha256: whole ? told : await hash(client, location), metadata };
  } catch (error) {
    if (awsStatus(error) === 404) return undefined;
    throw error;
  }
}

async function hash(client: S3Client, location: Location): Promise<string> {
  const object = await openS3Object(client, location);
  const sum = createHash('sha256');
  for await (const piece of object.stream(0, object.size_bytes)) sum.update(piece);
  return sum.digest('base64');
}

/** A checksum of the parts' checksums ends with their number. */
const MADE_OF_PARTS = /-\d+$/;
