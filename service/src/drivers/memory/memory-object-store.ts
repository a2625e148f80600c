import { createHash } from 'node:crypto';
import { DomainError } from '../../domain/errors.ts';
import { isObjectKey, type ObjectKey } from '../../domain/object-key.ts';
import { signObjectUrl } from '../../domain/object-url.ts';
import type { Signer } from '../../domain/signing.ts';
import type { ListedObject, ObjectStore } from '../../ports/object-store.ts';

interface StoredBytes {
  readonly bytes: Buffer;
  readonly last_modified: Date;
}

/** Objects in memory, for tests: the port's promises, without the disk. */
export function createMemoryObjectStore(urls: { publicUrl: string; signer: Signer }): ObjectStore {
  const objects = new Map<string, StoredBytes>();
  return {
    async begin() {
      const chunks: Uint8Array[] = [];
      return {
        async write(chunk) {
          chunks.push(chunk);
        },
        async commit(key) {
          mustBeKey(key);
          if (objects.has(key))
            throw new DomainError('conflict', 'There is an object under this key already.');
          objects.set(key, { bytes: Buffer.concat(chunks), last_modified: new Date() });
        },
        async discard() {
          chunks.length = 0;
        },
      };
    },
    async open(key) {
      mustBeKey(key);
      const stored = objects.get(key);
      if (!stored) return undefined;
      const { bytes, last_modified } = stored;
      return {
        size_bytes: bytes.length,
        etag: `"${createHash('sha256').update(bytes).digest('base64url')}"`,
        last_modified,
        read: async (start, end) => bytes.subarray(start, end),
        async *stream(start, end) {
          yield Buffer.from(bytes.subarray(start, end));
        },
        close: async () => {},
      };
    },
    async delete(key) {
      mustBeKey(key);
      objects.delete(key);
    },
    async *list(prefix): AsyncGenerator<ListedObject> {
      for (const [key, { bytes, last_modified }] of objects) {
        if (key.startsWith(prefix)) yield { key, size_bytes: bytes.length, last_modified };
      }
    },
    presignRead: (key, options) => urls.publicUrl + signObjectUrl(urls.signer, { key, ...options }),
    check: async () => {},
  };
}

function mustBeKey(key: ObjectKey): void {
  if (!isObjectKey(key)) throw new Error('Not an object key.');
}
