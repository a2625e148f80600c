import { PutObjectCommand, type S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { PartGrant, PresignedPost, PresignedPut, UploadGrant } from '../../ports/upload-store.ts';

/** No URL of S3's lives longer. What is to end later was said by a clock of record that is ahead of the machine's. */
const LONGEST_MS = 7 * 86_400_000;

interface Location {
  readonly Bucket: string;
  readonly Key: string;
}

/** A form whose policy allows one file: this key, type, size and checksum, all of them checked before it is stored. */
export async function presignUploadPost(
  client: S3Client,
  location: Location,
  { content_type, size_bytes, checksum_sha256, expires_at }: UploadGrant,
): Promise<PresignedPost> {
  const checksum =
    checksum_sha256 === undefined
      ? {}
      : { 'x-amz-checksum-algorithm': 'SHA256', ...checksumHeaders(checksum_sha256) };
  const { url, fields } = await createPresignedPost(client, {
    ...location,
    // Each field is a condition too.
    Fields: { 'Content-Type': content_type, ...checksum },
    Conditions: [['content-length-range', size_bytes, size_bytes]],
    // The SDK cuts the end of this off to whole seconds: half a second more, so that none is lost.
    Expires: (Math.min(expires_at - Date.now(), LONGEST_MS) + 500) / 1000,
  });
  const { Policy: policy = '', ...others } = fields;
  // As S3's documentation spells it.
  return { url, fields: { ...others, policy } };
}

/**
 * A URL for one PUT. Type, length and checksum count because their headers are signed and stay headers:
 * the SDK by itself leaves the type out, and moves the checksum to the query, where S3 does not look at it.
 */
export async function presignUploadPut(
  client: S3Client,
  location: Location,
  { content_type, size_bytes, checksum_sha256, expires_at }: UploadGrant,
): Promise<PresignedPut> {
  const checksum = checksum_sha256 === undefined ? {} : checksumHeaders(checksum_sha256);
  const command = new PutObjectCommand({
    ...location,
    ContentType: content_type,
    ContentLength: size_bytes,
    ...(checksum_sha256 === undefined ? {} : { ChecksumSHA256: base64Of(checksum_sha256) }),
  });
  const url = await getSignedUrl(client, command, {
    ...signedUntil(expires_at),
    signableHeaders: new Set(['content-type']),
    unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
  });
  // Every client sends the length by itself, and browsers let nobody else set it.
  const headers = { 'content-type': content_type, ...checksum };
  return { url, headers };
}

/** A URL for the PUT of one part, whose length is signed. */
export function presignUploadPart(
  client: S3Client,
  location: Location,
  parts_id: string,
  { number, size_bytes, expires_at }: PartGrant,
): Promise<string> {
  const command = new UploadPartCommand({
    ...location,
    UploadId: parts_id,
    PartNumber: number,
    ContentLength: size_bytes,
  });
  return getSignedUrl(client, command, signedUntil(expires_at));
}

/** S3 writes checksums in base64. */
export function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function checksumHeaders(checksum_sha256: string) {
  return { 'x-amz-checksum-sha256': base64Of(checksum_sha256) };
}

/**
 * Signed as of this second: S3 takes no URL whose signing is far in the future, or over a week old. What has
 * expired already is signed as of when it was still good, so that S3 says so.
 */
function signedUntil(expires_at: number) {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const signedAt = Math.min(now, expires_at - 1000);
  const life = Math.min(expires_at - signedAt, LONGEST_MS);
  return { signingDate: new Date(signedAt), expiresIn: life / 1000 };
}
