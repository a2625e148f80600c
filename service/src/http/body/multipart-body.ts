import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { Context } from 'hono';
import { DomainError, invalidField, payloadTooLarge } from '../../domain/errors.ts';
import type { Env } from '../context.ts';
import { shown, singleValues } from '../input.ts';
import { bodyChunks } from './chunks.ts';
import { PartHeaders } from './part-headers.ts';

/** Far above what a form of ours needs, far below what could hurt. */
const LIMITS = { fields: 50, fieldSize: 16 * 1024, parts: 60, files: 2 };

/** In bytes. The parser has no such limit for forms of this type. */
const MOST_NAME = 100;

/** More than the parser ever keeps of a body: it takes no boundary of more bytes. */
const MOST_KEPT = 256;

/** What a form may hold beside its file: boundaries, part headers and fields. */
export const FORM_OVERHEAD = 1024 * 1024;

const TOO_MANY = {
  partsLimit: `has more than ${LIMITS.parts} parts`,
  fieldsLimit: `has more than ${LIMITS.fields} fields`,
  filesLimit: `has more than ${LIMITS.files} files`,
} as const;

const FILE_FIELDS: readonly string[] = ['file', 'image'];

/** Stands where the parser found bytes that are not UTF-8. Who really means this character sends JSON. */
const REPLACED = '\ufffd';

export interface MultipartUpload {
  /** The bytes of the part `file` (or `image`), given to whoever reads them. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The field of that name, yet to be checked, as far as it has come before the file. */
  readonly early: (name: string) => Promise<unknown>;
  /** All fields that have come before the file, as they are, when it begins. */
  readonly leading: () => Promise<ReadonlyMap<string, readonly string[]>>;
  /** The other fields, yet to be checked, once the form is read to its end. */
  readonly fields: () => Promise<Record<string, unknown>>;
  /** For a form whose file nobody is going to read: it would wait for that for ever. */
  readonly abandon: () => void;
}

/** `multipart/form-data` (RFC 7578), read as a stream: parts may come in any order. */
export function multipartUpload(c: Context<Env>, fileFields = FILE_FIELDS): MultipartUpload {
  const form = new Form(c.req.header('content-type') ?? '', fileFields);
  const done = form.readFrom(bodyChunks(c));
  // Whoever awaits `fields` sees the failure; if nobody gets that far, another failure came first.
  done.catch(() => {});
  return {
    bytes: form.file(),
    early: (name) => form.early(name),
    leading: () => form.leading(),
    fields: async () => {
      await done;
      return form.values();
    },
    abandon: () => form.abandon(),
  };
}

class Form {
  readonly #fileFields: readonly string[];
  readonly #parser: BusboyInstance;
  readonly #headers: PartHeaders;
  readonly #values = new Map<string, string[]>();
  readonly #file = Promise.withResolvers<Readable>();
  /** The fields that have come when the file begins. */
  readonly #leading = Promise.withResolvers<ReadonlyMap<string, readonly string[]>>();
  #stream: BusboyFileStream | undefined;
  #files = 0;
  #fields = 0;
  #filename: string | undefined;
  #failure: DomainError | undefined;

  constructor(contentType: string, fileFields: readonly string[]) {
    this.#fileFields = fileFields;
    this.#file.promise.catch(() => {});
    this.#leading.promise.catch(() => {});
    this.#headers = new PartHeaders(contentType);
    try {
      this.#parser = new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
    } catch (error) {
      throw new DomainError('invalid_request', 'The multipart/form-data content type names no boundary.', {
        cause: error,
      });
    }
    this.#parser.on('file', (name, stream, filename) => this.#takeFile(name, stream, filename));
    this.#parser.on('field', (name, value, nameCut, valueCut) =>
      this.#takeField(name, value, nameCut || valueCut),
    );
    for (const limit of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const) {
      this.#parser.on(limit, () => this.#fail(invalidField('body', TOO_MANY[limit])));
    }
    this.#parser.on('error', (error) => this.#fail(malformed(error)));
  }

  /** Feeds the parser at the speed of the slower of sender and reader. */
  async readFrom(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      let size = 0;
      for await (const chunk of chunks) {
        size += chunk.length;
        const wrong = this.#headers.add(chunk);
        if (wrong) this.#fail(wrong);
        if (this.#failure) break;
        if (!this.#parser.write(chunk)) await once(this.#parser, 'drain');
        this.#mustBeSmall(size - (this.#stream?.bytesRead ?? 0));
      }
      if (!this.#failure) {
        this.#parser.end();
        await once(this.#parser, 'finish');
      }
      this.#mustBeFields();
    } catch (error) {
      this.#fail(error instanceof DomainError ? error : malformed(error));
    }
    if (this.#files === 0) this.#fail(invalidField('file', 'is missing'));
    if (this.#failure) throw this.#failure;
  }

  /** Also what comes before the first part and after the last one. */
  #mustBeSmall(besideFile: number): void {
    if (besideFile <= FORM_OVERHEAD) return;
    const isForm = this.#headers.parts > 0;
    this.#fail(isForm ? payloadTooLarge('The form beside its file', FORM_OVERHEAD) : malformed(undefined));
  }

  /** The parser passes over every part that it can make nothing of, and says nothing. */
  #mustBeFields(): void {
    if (this.#headers.parts > this.#fields + this.#files) {
      this.#fail(
        invalidField('body', 'has a part without a `Content-Disposition: form-data` that can be read'),
      );
    }
  }

  async *file(): AsyncGenerator<Uint8Array> {
    const stream = await this.#file.promise;
    try {
      for await (const chunk of stream) yield toGive(chunk as Buffer);
    } catch (error) {
      throw this.#failure ?? malformed(error);
    } finally {
      // Not read to its end: nobody wants the rest of the form either.
      if (!stream.readableEnded) this.#fail(malformed(undefined));
    }
    if (this.#failure) throw this.#failure;
  }

  /** What there is of a field when the file begins; a form that fails before fails where it is read. */
  async early(name: string): Promise<unknown> {
    await this.#file.promise.catch(() => {});
    return this.#values.get(name)?.[0];
  }

  async leading(): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#leading.promise;
  }

  abandon(): void {
    this.#fail(malformed(undefined));
  }

  values(): Record<string, unknown> {
    if (this.#filename !== undefined && !this.#values.has('filename')) {
      this.#values.set('filename', [this.#filename]);
    }
    return singleValues(this.#values, ['tags']);
  }

  #takeFile(name: string | undefined, stream: BusboyFileStream, filename: string | undefined): void {
    this.#files++;
    // The stream is destroyed with the failure that `file()` reports.
    stream.on('error', () => {});
    const wrong = this.#wrongFile(name, filename);
    if (wrong) {
      stream.resume();
      this.#fail(wrong);
    } else {
      this.#filename = filename || undefined;
      this.#stream = stream;
      this.#leading.resolve(new Map(this.#values));
      this.#file.resolve(stream);
    }
  }

  #wrongFile(name: string | undefined, filename = ''): DomainError | undefined {
    if (name === undefined) return nameless();
    if (!this.#fileFields.includes(name)) return invalidField(shown(name), 'is not a known file field');
    if (filename.includes(REPLACED)) return invalidField('filename', 'must be valid UTF-8');
    return this.#files > 1 ? invalidField(name, 'is given more than once') : undefined;
  }

  #takeField(name: string | undefined, value: string, cut: boolean): void {
    this.#fields++;
    if (name === undefined) this.#fail(nameless());
    else if (Buffer.byteLength(name) > MOST_NAME)
      this.#fail(invalidField(shown(name), `is a name of more than ${MOST_NAME} bytes`));
    else if (cut) this.#fail(invalidField(shown(name), `has more than ${LIMITS.fieldSize} bytes`));
    else if (value.includes(REPLACED)) this.#fail(invalidField(shown(name), 'must be valid UTF-8'));
    else this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
  }

  #fail(error: DomainError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#leading.reject(error);
    this.#file.reject(error);
    // The parser does not do it: whoever waits for more of the file would wait for ever.
    this.#stream?.destroy(error);
    this.#parser.destroy(error);
  }
}

/** The parser keeps the last bytes that it has seen, as many as end a part, and hands out that very memory. */
function toGive(chunk: Buffer): Buffer {
  return chunk.length > MOST_KEPT ? chunk : Buffer.from(chunk);
}

/** RFC 7578, section 4.2: every part has a name. The parser's types do not say that it may have none. */
function nameless(): DomainError {
  return invalidField('body', 'has a part without a name');
}

function malformed(cause: unknown): DomainError {
  return new DomainError('invalid_request', 'The multipart/form-data body is malformed.', { cause });
}
