import { createHash } from 'node:crypto';
import { link, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { v4, validate } from 'uuid';
import { DomainError, isDomainError } from '../../../domain/errors.ts';
import type { MediaType } from '../../../domain/media-type.ts';
import { type ObjectKey, UPLOADS_PREFIX } from '../../../domain/object-key.ts';
import type { Signer } from '../../../domain/signing.ts';
import { signPartUrl, signUploadForm, signUploadUrl, uploadHeaders } from '../../../domain/upload-url.ts';
import type { ObjectProperties, OpenObject } from '../../../ports/object-store.ts';
import type { InboxTarget, IncomingBytes, UploadInbox } from '../../../ports/upload-inbox.ts';
import type {
  ArrivedPart,
  PartGrant,
  PresignedPost,
  PresignedPut,
  UploadGrant,
  UploadStore,
} from '../../../ports/upload-store.ts';
import { type ArrivalPlace, Arrivals, arrivalsIn, isArrivalName, removeIfEmpty } from './arrivals.ts';
import { INCOMING, OBJECTS } from './disk-object-store.ts';
import { DurableFolders } from './durable-folders.ts';
import { diskFailure, systemCode } from './failures.ts';
import { IncomingFile } from './incoming-file.ts';
import { keyOfPath, pathOfKey } from './key-path.ts';
import { openFile } from './open-file.ts';

export interface DiskUploadStoreOptions {
  /** The data folder, on which `prepareObjectFolders` and `prepareUploadFolders` have been called. */
  readonly folder: string;
  readonly publicUrl: string;
  /** For the purpose `upload-urls`. */
  readonly signer: Signer;
  /** Those of the object store, which lies in the same folder. */
  readonly folders: DurableFolders;
}

/** Below the data folder: uploads that have arrived, and parts of others, until somebody takes or discards them. */
export const UPLOADS = 'uploads';
const ARRIVED = 'arrived';
export const PARTS = 'parts';

/** Makes the folders of the uploads; what has arrived in them stays from one process to the next. */
export async function prepareUploadFolders(folder: string): Promise<void> {
  const folders = new DurableFolders();
  for (const name of [ARRIVED, PARTS]) {
    await folders.make(join(folder, UPLOADS, name));
    // A process that was killed may have made folders here without having synced them.
    await folders.sync(join(folder, UPLOADS, name));
  }
}

/**
 * Uploads as files, in a folder for each key; an entity tag is the name of one file, which never changes.
 * Presigned URLs lead to this process itself.
 */
export class DiskUploadStore implements UploadStore, UploadInbox {
  readonly #folder: string;
  readonly #publicUrl: string;
  readonly #signer: Signer;
  readonly #folders: DurableFolders;
  readonly #arrivals: Arrivals;

  constructor({ folder, publicUrl, signer, folders }: DiskUploadStoreOptions) {
    this.#folder = folder;
    this.#publicUrl = publicUrl;
    this.#signer = signer;
    this.#folders = folders;
    this.#arrivals = new Arrivals(folders);
  }

  async presignPost(key: ObjectKey, grant: UploadGrant): Promise<PresignedPost> {
    return { url: `${this.#publicUrl}/objects/`, fields: signUploadForm(this.#signer, { key, ...grant }) };
  }

  async presignPut(key: ObjectKey, grant: UploadGrant): Promise<PresignedPut> {
    const url = this.#publicUrl + signUploadUrl(this.#signer, { key, ...grant });
    return { url, headers: uploadHeaders(grant) };
  }

  async presignPart(key: ObjectKey, parts_id: string, part: PartGrant): Promise<string> {
    return this.#publicUrl + signPartUrl(this.#signer, { key, parts_id, ...part });
  }

  async receive({ key, part }: InboxTarget): Promise<IncomingBytes> {
    const place = part ? this.#placeOfPart(key, part) : this.#placeOf(key);
    return this.#incomingAt(place, part === undefined);
  }

  async beginParts(key: ObjectKey, _content_type: MediaType): Promise<string> {
    const parts_id = v4();
    const folder = this.#folderOfParts(key, parts_id);
    await orDiskFailure(() => this.#folders.make(folder));
    return parts_id;
  }

  async listParts(key: ObjectKey, parts_id: string): Promise<readonly ArrivedPart[] | undefined> {
    if (!validate(parts_id)) return undefined;
    const folder = this.#folderOfParts(key, parts_id);
    return orDiskFailure(() =>
      this.#arrivals.alone(folder, async () => {
        const names = await arrivalsIn(folder);
        return names && partsOf(folder, names);
      }),
    );
  }

  async joinParts(key: ObjectKey, parts_id: string, parts: readonly ArrivedPart[]): Promise<void> {
    const sorted = [...parts].sort((a, b) => a.number - b.number);
    if (!validate(parts_id) || new Set(sorted.map(({ number }) => number)).size !== parts.length) {
      throw partsHaveChanged();
    }
    const folder = this.#folderOfParts(key, parts_id);
    await this.#arrivals.alone(folder, async () => {
      const whole = this.#incomingAt(this.#placeOf(key), true);
      try {
        for (const part of sorted) await copyPart(folder, part, whole);
        if (sorted.length === 0) throw partsHaveChanged();
        await whole.commit();
      } catch (error) {
        await whole.discard();
        throw diskFailure(error);
      }
      await this.#removeParts(folder);
    });
  }

  async discardParts(key: ObjectKey, parts_id: string): Promise<void> {
    if (!validate(parts_id)) return;
    const folder = this.#folderOfParts(key, parts_id);
    await this.#arrivals.alone(folder, () => this.#removeParts(folder));
  }

  async open(key: ObjectKey): Promise<OpenObject | undefined> {
    const place = this.#placeOf(key);
    return orDiskFailure(async () => {
      for (;;) {
        const name = await this.#arrivals.latest(place);
        if (name === undefined) return undefined;
        const file = await openFile(join(place.folder, place.prefix + name)).catch(unlessAbsent);
        // Where it has gone since the folder was read, another has arrived, or none is there any more.
        if (file) return { ...file, etag: `"${name}"` };
      }
    });
  }

  async accept(
    key: ObjectKey,
    etag: string,
    object_key: ObjectKey,
    properties: ObjectProperties,
  ): Promise<void> {
    const target = join(this.#folder, OBJECTS, pathOfKey(object_key));
    const { folder, prefix } = this.#placeOf(key);
    const name = etag.slice(1, -1);
    if (etag !== `"${name}"` || !isArrivalName(name)) throw uploadHasChanged();
    const source = join(folder, prefix + name);
    await orDiskFailure(async () => {
      if (!(await stat(source).catch(unlessAbsent))) throw uploadHasChanged();
      await this.#folders.make(dirname(target));
      // The name stands for these bytes and no others: there is no moment in which they could be swapped.
      await link(source, target).catch(async (error: unknown) => {
        if (systemCode(error) === 'ENOENT') throw uploadHasChanged();
        if (systemCode(error) !== 'EEXIST') throw error;
        await mustHold(target, properties);
      });
      await this.#folders.sync(dirname(target));
    });
  }

  async discard(key: ObjectKey): Promise<void> {
    const place = this.#placeOf(key);
    await orDiskFailure(() => this.#arrivals.remove(place));
  }

  async *list(): AsyncGenerator<{ readonly key: ObjectKey; readonly last_modified: Date }> {
    const root = join(this.#folder, UPLOADS, ARRIVED);
    try {
      for await (const { folder, prefix, name } of this.#arrivedBelow(root)) {
        const rest = keyOfPath(relative(root, folder));
        const found = await stat(join(folder, prefix + name)).catch(unlessAbsent);
        if (rest !== undefined && found) yield { key: UPLOADS_PREFIX + rest, last_modified: found.mtime };
      }
    } catch (error) {
      throw diskFailure(error);
    }
  }

  async *#arrivedBelow(folder: string): AsyncGenerator<ArrivalPlace & { readonly name: string }> {
    const place = { folder, prefix: '@' };
    const name = await this.#arrivals.latest(place);
    if (name !== undefined) yield { ...place, name };
    const entries = await readdir(folder, { withFileTypes: true }).catch(unlessAbsent);
    for (const entry of entries ?? []) {
      if (entry.isDirectory()) yield* this.#arrivedBelow(join(folder, entry.name));
    }
  }

  #incomingAt(place: ArrivalPlace, makesFolder: boolean): IncomingFile {
    return new IncomingFile({
      temporary: join(this.#folder, INCOMING, v4()),
      arrive: async (temporary) => {
        const name = await this.#arrivals.add(temporary, place, makesFolder);
        if (name === undefined) throw new DomainError('not_found', 'There is no such upload any more.');
        return `"${name}"`;
      },
    });
  }

  /**
   * All at once, also where the process is killed meanwhile: a folder with some of its parts, or none, would be one of an
   * upload whose parts have not arrived, and not of one whose parts have been joined.
   */
  async #removeParts(folder: string): Promise<void> {
    await orDiskFailure(async () => {
      // Whatever is left there is removed at the next start.
      const removed = join(this.#folder, INCOMING, v4());
      await rename(folder, removed).catch(unlessAbsent);
      await this.#folders.sync(dirname(folder)).catch(unlessAbsent);
      await rm(removed, { recursive: true, force: true });
      await removeIfEmpty(dirname(folder));
    });
  }

  #placeOf(key: ObjectKey): ArrivalPlace {
    return { folder: join(this.#folder, UPLOADS, ARRIVED, pathOfUpload(key)), prefix: '@' };
  }

  #placeOfPart(key: ObjectKey, { parts_id, number }: { parts_id: string; number: number }): ArrivalPlace {
    return { folder: this.#folderOfParts(key, parts_id), prefix: `${number}@` };
  }

  #folderOfParts(key: ObjectKey, parts_id: string): string {
    if (!validate(parts_id)) throw new Error('Not an id of parts.');
    return join(this.#folder, UPLOADS, PARTS, pathOfUpload(key), `@${parts_id}`);
  }
}

function pathOfUpload(key: ObjectKey): string {
  if (!key.startsWith(UPLOADS_PREFIX)) throw new Error('Not the key of an upload.');
  return pathOfKey(key.slice(UPLOADS_PREFIX.length));
}

async function partsOf(folder: string, names: ReadonlyMap<string, string[]>): Promise<ArrivedPart[]> {
  const parts: ArrivedPart[] = [];
  for (const [prefix, arrived] of names) {
    const name = arrived.at(-1) ?? '';
    const { size } = await stat(join(folder, prefix + name));
    parts.push({ number: Number(prefix.slice(0, -1)), size_bytes: size, etag: `"${name}"` });
  }
  return parts.sort((a, b) => a.number - b.number);
}

async function copyPart(
  folder: string,
  { number, size_bytes, etag }: ArrivedPart,
  whole: IncomingBytes,
): Promise<void> {
  const name = etag.slice(1, -1);
  if (!isArrivalName(name)) throw partsHaveChanged();
  const part = await openFile(join(folder, `${number}@${name}`)).catch(unlessAbsent);
  if (!part) throw partsHaveChanged();
  try {
    if (part.size_bytes !== size_bytes) throw partsHaveChanged();
    for await (const piece of part.stream(0, size_bytes)) await whole.write(piece, 'given');
  } finally {
    await part.close();
  }
}

/** @throws DomainError `conflict` where the file at the path is not what the properties say. */
async function mustHold(path: string, { checksum_sha256 }: ObjectProperties): Promise<void> {
  const hash = createHash('sha256');
  const object = await openFile(path);
  try {
    for await (const piece of object?.stream(0, object.size_bytes) ?? []) hash.update(piece);
  } finally {
    await object?.close();
  }
  if (object && hash.digest('hex') === checksum_sha256) return;
  throw new DomainError('conflict', 'There is another object under this key already.');
}

function unlessAbsent(error: unknown): undefined {
  if (systemCode(error) === 'ENOENT') return undefined;
  throw error;
}

async function orDiskFailure<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw isDomainError(error) ? error : diskFailure(error);
  }
}

function uploadHasChanged(): DomainError {
  return new DomainError('conflict', 'The upload is not, or no longer, what it was.');
}

function partsHaveChanged(): DomainError {
  return new DomainError('conflict', 'The parts of the upload are not, or no longer, what they were.');
}
