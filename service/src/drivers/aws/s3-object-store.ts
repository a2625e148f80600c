import { randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { DomainError, isDomainError } from '../../domain/errors.ts';
import { isObjectKey, type ObjectKey } from '../../domain/object-key.ts';
import type {
  ListedObject,
  ObjectDraft,
  ObjectProperties,
  ObjectStore,
  OpenObject,
  PresignReadOptions,
} from '../../ports/object-store.ts';
import { awsStatus, storeFailure } from './failures.ts';
import { openS3Object } from './open-s3-object.ts';

/** They overlook so much, and one expiry gives one URL. */
const CLOCK_MARGIN_MS = 60_000;

export interface S3ObjectStoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** URLs expire at the end of a window of so many seconds, and are signed as of two windows before. */
  readonly urlWindowSeconds: number;
  /** Makes the URLs in place of S3, where something stands in front of the bucket. */
  readonly presignRead?: ObjectStore['presignRead'] | undefined;
  /** How far the clock by which URLs are to end is ahead of the machine's; not at all unless given. */
  readonly clockAheadMs?: () => number;
}

/** Objects in S3, or in anything that speaks its protocol. */
export class S3ObjectStore implements ObjectStore {
  readonly #options: S3ObjectStoreOptions;

  constructor(options: S3ObjectStoreOptions) {
    this.#options = options;
  }

  async begin(): Promise<ObjectDraft> {
    let chunks: Uint8Array[] = [];
    // Tells our own object from another's when an answer was lost and the put is tried again.
    const draft = randomUUID();
    let perhapsStored: ObjectKey | undefined;
    return {
      async write(chunk) {
        chunks.push(chunk);
      },
      commit: async (key, properties) => {
        mustBeKey(key);
        try {
          await this.#put(key, Buffer.concat(chunks), properties, draft);
        } catch (error) {
          // Without an answer it may have been stored all the same.
          if (!isDomainError(error, 'conflict')) perhapsStored = key;
          throw error;
        }
      },
      discard: async () => {
        chunks = [];
        if (perhapsStored === undefined) return;
        if (await this.#isStoredBy(perhapsStored, draft)) await this.delete(perhapsStored);
        perhapsStored = undefined;
      },
    };
  }

  async open(key: ObjectKey): Promise<OpenObject | undefined> {
    mustBeKey(key);
    const { client, bucket } = this.#options;
    try {
      return await openS3Object(client, { Bucket: bucket, Key: key });
    } catch (error) {
      if (awsStatus(error) === NOT_FOUND) return undefined;
      throw storeFailure(error);
    }
  }

  async delete(key: ObjectKey): Promise<void> {
    mustBeKey(key);
    const { client, bucket } = this.#options;
    try {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    } catch (error) {
      throw storeFailure(error);
    }
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    const { client, bucket } = this.#options;
    try {
      for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          if (Key === undefined) continue;
          yield { key: Key, size_bytes: Size ?? 0, last_modified: LastModified ?? new Date(0) };
        }
      }
    } catch (error) {
      throw storeFailure(error);
    }
  }

  /** One expiry gives one URL: it is signed as of a fixed time before it, as long as the credentials stay. */
  async presignRead(key: ObjectKey, options: PresignReadOptions): Promise<string> {
    const { client, bucket, urlWindowSeconds, presignRead } = this.#options;
    const expires_at = this.#byMachine(options.expires_at);
    if (presignRead) return presignRead(key, { ...options, expires_at });
    const expiresIn = 2 * urlWindowSeconds;
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ResponseContentType: options.content_type,
      ResponseContentDisposition: options.content_disposition,
    });
    const signingDate = new Date(expires_at - expiresIn * 1000);
    try {
      return await getSignedUrl(client, command, { expiresIn, signingDate });
    } catch (error) {
      throw storeFailure(error);
    }
  }

  /** S3 and CloudFront have clocks of their own: a time of ours that is ahead is one of their future, perhaps years off. */
  #byMachine(time: number): number {
    const ahead = this.#options.clockAheadMs?.() ?? 0;
    return ahead > CLOCK_MARGIN_MS ? Math.floor((time - ahead) / 1000) * 1000 : time;
  }

  async check(): Promise<void> {
    const { client, bucket } = this.#options;
    try {
      await client.send(new HeadBucketCommand({ Bucket: bucket }));
    } catch (error) {
      throw storeFailure(error);
    }
  }

  async #put(key: ObjectKey, bytes: Buffer, properties: ObjectProperties, draft: string): Promise<void> {
    const { client, bucket } = this.#options;
    try {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: bytes,
          ContentLength: bytes.length,
          ContentType: properties.content_type,
          CacheControl: IMMUTABLE,
          ChecksumSHA256: Buffer.from(properties.checksum_sha256, 'hex').toString('base64'),
          Metadata: { [DRAFT]: draft },
          IfNoneMatch: '*',
        }),
      );
    } catch (error) {
      if (awsStatus(error) !== PRECONDITION_FAILED) throw storeFailure(error);
      if (await this.#isStoredBy(key, draft)) return;
      throw new DomainError('conflict', 'There is an object under this key already.', { cause: error });
    }
  }

  async #isStoredBy(key: ObjectKey, draft: string): Promise<boolean> {
    const { client, bucket } = this.#options;
    try {
      const { Metadata } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return Metadata?.[DRAFT] === draft;
    } catch (error) {
      if (awsStatus(error) === NOT_FOUND) return false;
      throw storeFailure(error);
    }
  }
}

function mustBeKey(key: ObjectKey): void {
  if (!isObjectKey(key)) throw new Error('Not an object key.');
}

/** Objects are written once, and a URL names one of them for ever: who may have it may keep it. */
export const IMMUTABLE = 'max-age=31536000, immutable';

const DRAFT = 'tintype-draft';
const NOT_FOUND = 404;
const PRECONDITION_FAILED = 412;
