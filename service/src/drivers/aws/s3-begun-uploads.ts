import { ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { UPLOADS_PREFIX } from '../../domain/object-key.ts';
import type { BegunUpload, BegunUploads } from '../../ports/begun-uploads.ts';
import { storeFailure } from './failures.ts';

export interface S3BegunUploadsOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/** The bucket's multipart uploads below `.uploads/`; S3 tells only when they began. */
export class S3BegunUploads implements BegunUploads {
  readonly #options: S3BegunUploadsOptions;

  constructor(options: S3BegunUploadsOptions) {
    this.#options = options;
  }

  async *walk(): AsyncGenerator<BegunUpload> {
    const { client, bucket } = this.#options;
    let KeyMarker: string | undefined;
    let UploadIdMarker: string | undefined;
    do {
      const command = new ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: UPLOADS_PREFIX,
        KeyMarker,
        UploadIdMarker,
      });
      const page = await client.send(command).catch((error: unknown) => {
        throw storeFailure(error);
      });
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        // Without a time nothing is known of its age: it is taken for new.
        if (!Key?.startsWith(UPLOADS_PREFIX) || UploadId === undefined) continue;
        yield { key: Key, parts_id: UploadId, last_modified: Initiated ?? new Date() };
      }
      KeyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
      UploadIdMarker = page.NextUploadIdMarker;
    } while (KeyMarker !== undefined);
  }
}
