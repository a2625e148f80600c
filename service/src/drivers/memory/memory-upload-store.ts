import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { v4 } from 'uuid';
import { DomainError, isDomainError } from '../../domain/errors.ts';
import { isObjectKey, type ObjectKey } from '../../domain/object-key.ts';
import type { Signer } from '../../domain/signing.ts';
import { signPartUrl, signUploadForm, signUploadUrl, uploadHeaders } from '../../domain/upload-url.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { IncomingBytes, UploadInbox } from '../../ports/upload-inbox.ts';
import type { UploadStore } from '../../ports/upload-store.ts';

interface Arrived {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly last_modified: Date;
}

interface PartsUpload {
  readonly key: ObjectKey;
  readonly parts: Map<number, Arrived>;
}

export interface MemoryUploadStoreOptions {
  readonly publicUrl: string;
  readonly signer: Signer;
  /** Where uploads become objects. */
  readonly objects: ObjectStore;
}

/** Uploads in memory, for tests: the port's promises, without the disk. */
export function createMemoryUploadStore(options: MemoryUploadStoreOptions): UploadStore & UploadInbox {
  const arrived = new Map<ObjectKey, Arrived>();
  const begun = new Map<string, PartsUpload>();
  return {
    ...presigning(options),
    ...receiving(arrived, begun),
    ...joining(arrived, begun),
    async open(key) {
      const upload = arrived.get(mustBeKey(key));
      if (!upload) return undefined;
      const { bytes, etag, last_modified } = upload;
      return {
        size_bytes: bytes.length,
        etag,
        last_modified,
        read: async (start, end) => bytes.subarray(start, end),
        async *stream(start, end) {
          yield Buffer.from(bytes.subarray(start, end));
        },
        close: async () => {},
      };
    },
    async accept(key, etag, object_key, properties) {
      const upload = arrived.get(mustBeKey(key));
      if (upload?.etag !== etag) throw conflict();
      const draft = await options.objects.begin();
      try {
        await draft.write(upload.bytes);
        await draft.commit(object_key, properties);
      } catch (error) {
        await draft.discard();
        if (!isDomainError(error, 'conflict')) throw error;
        if ((await checksumOf(options.objects, object_key)) !== properties.checksum_sha256) throw error;
      }
    },
    async discard(key) {
      arrived.delete(mustBeKey(key));
    },
    async *list() {
      for (const [key, { last_modified }] of arrived) yield { key, last_modified };
    },
  };
}

function presigning({
  publicUrl,
  signer,
}: MemoryUploadStoreOptions): Pick<UploadStore, 'presignPost' | 'presignPut' | 'presignPart'> {
  return {
    async presignPost(key, grant) {
      return { url: `${publicUrl}/objects/`, fields: signUploadForm(signer, { key, ...grant }) };
    },
    async presignPut(key, grant) {
      const url = publicUrl + signUploadUrl(signer, { key, ...grant });
      return { url, headers: uploadHeaders(grant) };
    },
    presignPart: async (key, parts_id, part) => publicUrl + signPartUrl(signer, { key, parts_id, ...part }),
  };
}

function receiving(arrived: Map<ObjectKey, Arrived>, begun: ReadonlyMap<string, PartsUpload>): UploadInbox {
  return {
    async receive({ key, part }): Promise<IncomingBytes> {
      mustBeKey(key);
      const chunks: Uint8Array[] = [];
      return {
        async write(chunk) {
          chunks.push(chunk);
        },
        async commit() {
          const upload = arrival(Buffer.concat(chunks));
          if (part) {
            const parts = begun.get(part.parts_id);
            if (parts?.key !== key) throw new DomainError('not_found', 'There is no such upload any more.');
            parts.parts.set(part.number, upload);
          } else {
            arrived.set(key, upload);
          }
          return upload.etag;
        },
        async discard() {
          chunks.length = 0;
        },
      };
    },
  };
}

function joining(
  arrived: Map<ObjectKey, Arrived>,
  begun: Map<string, PartsUpload>,
): Pick<UploadStore, 'beginParts' | 'listParts' | 'joinParts' | 'discardParts'> {
  const partsOf = (key: ObjectKey, parts_id: string) => {
    const upload = begun.get(parts_id);
    return upload?.key === mustBeKey(key) ? upload.parts : undefined;
  };
  return {
    async beginParts(key) {
      const parts_id = v4();
      begun.set(parts_id, { key: mustBeKey(key), parts: new Map() });
      return parts_id;
    },
    async listParts(key, parts_id) {
      const parts = partsOf(key, parts_id);
      if (!parts) return undefined;
      return [...parts]
        .map(([number, { bytes, etag }]) => ({ number, size_bytes: bytes.length, etag }))
        .sort((a, b) => a.number - b.number);
    },
    async joinParts(key, parts_id, parts) {
      const there = partsOf(key, parts_id);
      const sorted = [...parts].sort((a, b) => a.number - b.number);
      const pieces = sorted.flatMap(({ number, etag }) => {
        const part = there?.get(number);
        return part?.etag === etag ? [part.bytes] : [];
      });
      if (pieces.length === 0 || pieces.length < parts.length) throw conflict();
      arrived.set(key, arrival(Buffer.concat(pieces)));
      begun.delete(parts_id);
    },
    async discardParts(key, parts_id) {
      if (partsOf(key, parts_id)) begun.delete(parts_id);
    },
  };
}

function arrival(bytes: Buffer): Arrived {
  return { bytes, etag: `"${v4()}"`, last_modified: new Date() };
}

async function checksumOf(objects: ObjectStore, key: ObjectKey): Promise<string | undefined> {
  const object = await objects.open(key);
  if (!object) return undefined;
  const bytes = await buffer(object.stream(0, object.size_bytes));
  await object.close();
  return createHash('sha256').update(bytes).digest('hex');
}

function conflict(): DomainError {
  return new DomainError('conflict', 'The upload is not, or no longer, what it was.');
}

function mustBeKey(key: ObjectKey): ObjectKey {
  if (!isObjectKey(key)) throw new Error('Not an object key.');
  return key;
}
