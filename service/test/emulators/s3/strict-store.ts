import type { BuildAppOptions } from 'fauxqs';
import { Refusal } from './refusal.ts';

type Stores = NonNullable<BuildAppOptions['stores']>;
export type S3Store = Stores['s3Store'];
type Listing = Parameters<S3Store['listObjects']>[1];

export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly algorithm: string | undefined;
  readonly initiated: Date;
  /** What has arrived, by its number. */
  readonly parts: Map<number, UploadedPart>;
}

export interface UploadedPart {
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly checksum: string | undefined;
}

/** fauxqs exports its server and not its stores, which are needed to look before a request is done. */
async function load<T>(file: string): Promise<T> {
  return (await import(new URL(file, import.meta.resolve('fauxqs')).href)) as T;
}

/** New stores of fauxqs, with what S3's lacks. */
export async function createStores(): Promise<{ readonly stores: Stores; readonly uploads: Uploads }> {
  const { S3Store } = await load<{ S3Store: new () => S3Store }>('./s3/s3Store.js');
  const { SqsStore } = await load<{ SqsStore: new () => Stores['sqsStore'] }>('./sqs/sqsStore.js');
  const { SnsStore } = await load<{ SnsStore: new () => Stores['snsStore'] }>('./sns/snsStore.js');
  const sqsStore = new SqsStore();
  // Otherwise the URLs of queues name a host that need not exist.
  sqsStore.host = '';
  const s3Store = new S3Store();
  listInByteOrder(s3Store);
  return { stores: { s3Store, sqsStore, snsStore: new SnsStore() }, uploads: new Uploads(s3Store) };
}

/**
 * fauxqs sorts keys as people do and continues a listing as machines do, which leaves keys out. S3 sorts them
 * by their bytes. A page ends with a key wherever it has one, since it is from there that the next goes on.
 */
function listInByteOrder(store: S3Store): void {
  const listAll = store.listObjects.bind(store);
  store.listObjects = (bucket: string, options: Listing = {}) => {
    const { prefix = '', delimiter, maxKeys = 1000, startAfter = options.marker ?? '' } = options;
    const { objects: all } = listAll(bucket, { prefix, maxKeys: Number.POSITIVE_INFINITY });
    const sorted = all.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    const objects: typeof all = [];
    const commonPrefixes: string[] = [];
    for (const object of sorted) {
      const folder = folderOf(object.key, prefix, delimiter);
      const entry = folder ?? object.key;
      if (Buffer.compare(Buffer.from(entry), Buffer.from(startAfter)) <= 0) continue;
      if (folder !== undefined && folder === commonPrefixes.at(-1)) continue;
      const full = objects.length + commonPrefixes.length >= maxKeys;
      if (full || (folder !== undefined && objects.length > 0)) {
        return { objects, commonPrefixes, isTruncated: true };
      }
      if (folder === undefined) objects.push(object);
      else commonPrefixes.push(folder);
    }
    return { objects, commonPrefixes, isTruncated: false };
  };
}

function folderOf(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
  return delimiter && end >= 0 ? key.slice(0, end + delimiter.length) : undefined;
}

/**
 * Which upload is for which key, and of which parts: fauxqs takes the parts of any for any, and does not list
 * them.
 */
export class Uploads {
  readonly #uploads = new Map<string, Upload>();

  constructor(store: S3Store) {
    const create = store.createMultipartUpload.bind(store);
    store.createMultipartUpload = (...given) => {
      const id = create(...given);
      const [bucket, key, , , , algorithm] = given;
      this.#uploads.set(id, { bucket, key, algorithm, initiated: new Date(), parts: new Map() });
      return id;
    };
    const upload = store.uploadPart.bind(store);
    store.uploadPart = (id, number, body, checksum) => {
      const part = upload(id, number, body, checksum);
      const uploaded = { size: body.length, etag: part.etag, lastModified: new Date(), checksum };
      this.#uploads.get(id)?.parts.set(number, uploaded);
      return part;
    };
    const complete = store.completeMultipartUpload.bind(store);
    store.completeMultipartUpload = (id, parts) => {
      const object = complete(id, parts);
      this.#uploads.delete(id);
      return object;
    };
    const abort = store.abortMultipartUpload.bind(store);
    store.abortMultipartUpload = (id) => {
      abort(id);
      this.#uploads.delete(id);
    };
  }

  /** Those of a bucket that have not ended, each with its id. */
  of(bucket: string): (Upload & { readonly id: string })[] {
    return [...this.#uploads]
      .filter(([, upload]) => upload.bucket === bucket)
      .map(([id, upload]) => ({ ...upload, id }));
  }

  /** Fails unless there was such an upload to this key. */
  checkTarget(id: string, bucket: string, key: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload?.bucket !== bucket || upload.key !== key) {
      throw new Refusal(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');
    }
    return upload;
  }

  checkPart(upload: Upload, number: string, checksumGiven: string | undefined): void {
    if (!/^[1-9]\d{0,4}$/.test(number) || Number(number) > 10_000) {
      throw new Refusal(
        400,
        'InvalidArgument',
        'Part number must be an integer between 1 and 10000, inclusive',
      );
    }
    if (upload.algorithm !== undefined && checksumGiven !== upload.algorithm.toLowerCase()) {
      throw new Refusal(
        400,
        'InvalidRequest',
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, actual checksum Type: ${checksumGiven}`,
      );
    }
  }

  /** Fails unless the list of parts that completes an upload has what S3 asks for of each. */
  checkCompletion(upload: Upload, xml: string): void {
    const parts = [...xml.matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, part = '']) => part);
    if (parts.length === 0) {
      throw new Refusal(
        400,
        'MalformedXML',
        'The XML you provided was not well-formed or did not validate against our published schema',
      );
    }
    for (const part of parts) {
      const [, number] = /<PartNumber>(\d+)<\/PartNumber>/.exec(part) ?? [];
      const [, checksum] = /<Checksum[A-Z0-9]+>([^<]*)</.exec(part) ?? [];
      if (upload.algorithm !== undefined && checksum === undefined) {
        throw new Refusal(
          400,
          'InvalidRequest',
          `The upload was created using a ${upload.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
        );
      }
      if (checksum !== undefined && checksum !== upload.parts.get(Number(number))?.checksum) {
        throw new Refusal(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
      }
    }
  }
}
