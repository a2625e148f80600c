import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';

/** A file of a site, as a browser is to get it. */
export interface SiteFile {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly content_type: string;
  readonly cache_control: string;
}

/**
 * Puts files into a bucket, one after the other: what others refer to has to come first, so that nobody is shown
 * a page whose parts are not there yet. What an older page refers to stays.
 * @throws whatever S3 has to say; what was put before stays, too.
 */
export async function publishFiles(
  client: S3Client,
  bucket: string,
  files: readonly SiteFile[],
): Promise<void> {
  for (const { key, bytes, content_type, cache_control } of files) {
    await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: bytes,
        ContentType: content_type,
        CacheControl: cache_control,
      }),
    );
  }
}
