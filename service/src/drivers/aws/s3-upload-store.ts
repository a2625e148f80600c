import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { DomainError } from '../../domain/errors.ts';
import type { MediaType } from '../../domain/media-type.ts';
import { isObjectKey, type ObjectKey, UPLOADS_PREFIX } from '../../domain/object-key.ts';
import type { ObjectProperties, OpenObject } from '../../ports/object-store.ts';
import type {
  ArrivedPart,
  PartGrant,
  PresignedPost,
  PresignedPut,
  UploadGrant,
  UploadStore,
} from '../../ports/upload-store.ts';
import { awsErrorName, awsStatus, storeFailure } from './failures.ts';
import { openS3Object } from './open-s3-object.ts';
import { base64Of, presignUploadPart, presignUploadPost, presignUploadPut } from './presign-upload.ts';
import { IMMUTABLE } from './s3-object-store.ts';
import { COPY_MS } from './sdk-settings.ts';
import { type StoredObject, storedObject } from './stored-checksum.ts';

export interface S3UploadStoreOptions {
  readonly client: S3Client;
  /** For what S3 does in silence for long: copies, and parts made one (`createCopyClient`). */
  readonly copier: S3Client;
  /** How long that may take, all tries together: as long as the copier bears silence. */
  readonly copyMs?: number;
  readonly bucket: string;
}

/** Direct uploads into S3, or into anything that speaks its protocol. */
export class S3UploadStore implements UploadStore {
  readonly #options: S3UploadStoreOptions;

  constructor(options: S3UploadStoreOptions) {
    this.#options = options;
  }

  async presignPost(key: ObjectKey, grant: UploadGrant): Promise<PresignedPost> {
    const location = this.#upload(key);
    return answered(() => presignUploadPost(this.#options.client, location, grant));
  }

  async presignPut(key: ObjectKey, grant: UploadGrant): Promise<PresignedPut> {
    const location = this.#upload(key);
    return answered(() => presignUploadPut(this.#options.client, location, grant));
  }

  async beginParts(key: ObjectKey, content_type: MediaType): Promise<string> {
    const command = new CreateMultipartUploadCommand({ ...this.#upload(key), ContentType: content_type });
    const { UploadId } = await answered(() => this.#options.client.send(command));
    if (!UploadId) throw storeFailure(new Error('S3 answered without an upload id.'));
    return UploadId;
  }

  async presignPart(key: ObjectKey, parts_id: string, part: PartGrant): Promise<string> {
    const location = this.#upload(key);
    return answered(() => presignUploadPart(this.#options.client, location, parts_id, part));
  }

  async listParts(key: ObjectKey, parts_id: string): Promise<readonly ArrivedPart[] | undefined> {
    const input = { ...this.#upload(key), UploadId: parts_id };
    const parts: ArrivedPart[] = [];
    // Not the SDK's own paging: it goes on while there is a next marker, which the last page has too.
    let marker: string | undefined;
    try {
      do {
        const command = new ListPartsCommand({ ...input, PartNumberMarker: marker });
        const page = await this.#options.client.send(command);
        for (const { PartNumber = 0, Size = 0, ETag = '' } of page.Parts ?? []) {
          parts.push({ number: PartNumber, size_bytes: Size, etag: ETag });
        }
        marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
      } while (marker !== undefined);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw storeFailure(error);
    }
    return parts;
  }

  async joinParts(key: ObjectKey, parts_id: string, parts: readonly ArrivedPart[]): Promise<void> {
    const location = this.#upload(key);
    const inOrder = parts.toSorted((a, b) => a.number - b.number);
    const command = new CompleteMultipartUploadCommand({
      ...location,
      UploadId: parts_id,
      MultipartUpload: { Parts: inOrder.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
    });
    try {
      await this.#options.copier.send(command, this.#inTime());
    } catch (error) {
      if (isGone(error)) {
        // An answer was lost, or somebody else has joined them at the same time.
        if (await this.#isMadeOf(location, parts)) return;
      } else if (!OTHER_PARTS.has(awsErrorName(error) ?? '')) throw storeFailure(error);
      throw new DomainError('conflict', 'These are not the parts that have arrived.', { cause: error });
    }
  }

  async discardParts(key: ObjectKey, parts_id: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.#upload(key), UploadId: parts_id });
    try {
      await this.#options.client.send(command);
    } catch (error) {
      if (!isGone(error)) throw storeFailure(error);
    }
  }

  async open(key: ObjectKey): Promise<OpenObject | undefined> {
    const location = this.#upload(key);
    try {
      return await openS3Object(this.#options.client, location);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw storeFailure(error);
    }
  }

  /**
   * S3 refuses the copy where either key has changed since. Other engines take such a copy all the same, and
   * two files can be made with one MD5, which ETags are: what lies there afterwards has to have the SHA-256
   * that was looked at, or it goes again.
   */
  async accept(
    key: ObjectKey,
    etag: string,
    object_key: ObjectKey,
    { content_type, checksum_sha256 }: ObjectProperties,
  ): Promise<void> {
    const source = this.#upload(key);
    const target = this.#object(object_key);
    // What S3 would take for "any" never was an entity tag of an upload.
    if (!ETAG.test(etag)) throw changedUpload();
    const expected = base64Of(checksum_sha256);
    // Not every engine looks at a condition on the target of a copy.
    const before = await this.#stored(target);
    if (before?.checksumSha256 === expected) return;
    if (before) throw takenKey();
    const draft = randomUUID();
    const { refusal, checksumSha256 } = await this.#copy(source, etag, {
      ...target,
      ContentType: content_type,
      Metadata: { [DRAFT]: draft },
    });
    if (checksumSha256 === expected) return;
    const after = await this.#stored(target);
    if (after?.checksumSha256 === expected) return;
    if (after && after.metadata[DRAFT] === draft) await this.#delete(target);
    else if (after) throw takenKey(refusal);
    if (refusal !== undefined && !after && !isChanged(refusal)) throw storeFailure(refusal);
    throw changedUpload(refusal);
  }

  discard(key: ObjectKey): Promise<void> {
    return this.#delete(this.#upload(key));
  }

  async *list(): AsyncGenerator<{ readonly key: ObjectKey; readonly last_modified: Date }> {
    const { client, bucket } = this.#options;
    try {
      for await (const page of paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: UPLOADS_PREFIX },
      )) {
        for (const { Key, LastModified } of page.Contents ?? []) {
          if (Key !== undefined) yield { key: Key, last_modified: LastModified ?? new Date(0) };
        }
      }
    } catch (error) {
      throw storeFailure(error);
    }
  }

  /** @returns the checksum where S3 tells it, or why there is no copy, or none that is known of. */
  async #copy(source: Location, etag: string, target: Location & CopiedProperties): Promise<Copied> {
    const command = new CopyObjectCommand({
      ...target,
      // A key has percent signs of its own, and S3 decodes this once.
      CopySource: `${source.Bucket}/${source.Key.split('/').map(encodeURIComponent).join('/')}`,
      CopySourceIfMatch: etag,
      CacheControl: IMMUTABLE,
      IfNoneMatch: '*',
      MetadataDirective: 'REPLACE',
      // Tags, such as a scanner's, are of the upload; copying them would need permissions for tags.
      TaggingDirective: 'REPLACE',
      ChecksumAlgorithm: 'SHA256',
    });
    const inTime = this.#inTime();
    for (let tries = 1; ; tries++) {
      try {
        const { CopyObjectResult } = await this.#options.copier.send(command, inTime);
        return { refusal: undefined, checksumSha256: CopyObjectResult?.ChecksumSHA256 };
      } catch (refusal) {
        // Somebody else is writing the same key, mostly the same upload: S3 asks to try again, which the SDK does not.
        if (awsStatus(refusal) !== CONFLICT || tries === COPY_TRIES) return { refusal };
        await pause(tries * COPY_PAUSE_MS);
      }
    }
  }

  #stored(location: Location): Promise<StoredObject | undefined> {
    return answered(() => storedObject(this.#options.client, location));
  }

  async #isMadeOf(location: Location, parts: readonly ArrivedPart[]): Promise<boolean> {
    try {
      const { ETag, ContentLength } = await this.#options.client.send(new HeadObjectCommand(location));
      const size = parts.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
      return ContentLength === size && ETag?.endsWith(`-${parts.length}"`) === true;
    } catch (error) {
      if (isGone(error)) return false;
      throw storeFailure(error);
    }
  }

  async #delete(location: Location): Promise<void> {
    await answered(() => this.#options.client.send(new DeleteObjectCommand(location)));
  }

  #inTime() {
    return { abortSignal: AbortSignal.timeout(this.#options.copyMs ?? COPY_MS) };
  }

  #upload(key: ObjectKey): Location {
    if (!key.startsWith(UPLOADS_PREFIX)) throw new Error('Not the key of an upload.');
    return this.#object(key);
  }

  #object(key: ObjectKey): Location {
    if (!isObjectKey(key)) throw new Error('Not an object key.');
    return { Bucket: this.#options.bucket, Key: key };
  }
}

interface Location {
  readonly Bucket: string;
  readonly Key: string;
}

interface CopiedProperties {
  readonly ContentType: MediaType;
  readonly Metadata: Record<string, string>;
}

interface Copied {
  readonly refusal: unknown;
  readonly checksumSha256?: string | undefined;
}

async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw storeFailure(error);
  }
}

/** An upload, its parts or an object is not there; but not the bucket, which is a failure. */
function isGone(error: unknown): boolean {
  return awsStatus(error) === 404 && awsErrorName(error) !== 'NoSuchBucket';
}

function isChanged(error: unknown): boolean {
  return awsStatus(error) === 412 || isGone(error);
}

function takenKey(cause?: unknown): DomainError {
  return new DomainError('conflict', 'There is another object under this key already.', { cause });
}

function changedUpload(cause?: unknown): DomainError {
  return new DomainError('conflict', 'The upload has changed since it was looked at.', { cause });
}

const CONFLICT = 409;
const COPY_TRIES = 5;
const COPY_PAUSE_MS = 100;
/** Quoted and strong, as S3 gives them. */
const ETAG = /^"[\x21\x23-\x29\x2b-\x7e]+"$/;
/** What S3 calls parts that are not there, have been sent again since, or are too small to be joined. */
const OTHER_PARTS = new Set(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);
/** Tells our own copy from another's. */
const DRAFT = 'tintype-draft';
