import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { Context } from 'hono';
import { DomainError, invalidField } from '../../domain/errors.ts';
import type { Env } from '../context.ts';
import { shown, singleValues } from '../input.ts';
import { bodyChunks } from './chunks.ts';

/** Far above what a form of ours needs, far below what could hurt. */
const LIMITS = { fields: 50, fieldNameSize: 100, fieldSize: 16 * 1024, parts: 60, headerPairs: 20, files: 2 };

const FILE_FIELDS: readonly string[] = ['file', 'image'];

/** Stands where the parser found bytes that are not UTF-8. Who really means this character sends JSON. */
const REPLACED = '\ufffd';

export interface MultipartUpload {
  /** The bytes of the part `file` (or `image`). */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The other fields, yet to be checked, once the form is read to its end. */
  readonly fields: () => Promise<Record<string, unknown>>;
}

/** `multipart/form-data` (RFC 7578), read as a stream: parts may come in any order. */
export function multipartUpload(c: Context<Env>): MultipartUpload {
  const form = new Form(c.req.header('content-type') ?? '');
  const done = form.readFrom(bodyChunks(c));
  // Whoever awaits `fields` sees the failure; if nobody gets that far, another failure came first.
  done.catch(() => {});
  return {
    bytes: form.file(),
    fields: async () => {
      await done;
      return form.values();
    },
  };
}

class Form {
  readonly #parser: BusboyInstance;
  readonly #values = new Map<string, string[]>();
  readonly #file = Promise.withResolvers<Readable>();
  #stream: Readable | undefined;
  #files = 0;
  #filename: string | undefined;
  #failure: DomainError | undefined;

  constructor(contentType: string) {
    this.#file.promise.catch(() => {});
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
      this.#parser.on(limit, () => this.#fail(invalidField('body', 'has too many parts')));
    }
    this.#parser.on('error', (error) => this.#fail(malformed(error)));
  }

  /** Feeds the parser at the speed of the slower of sender and reader. */
  async readFrom(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of chunks) {
        if (this.#failure) break;
        if (!this.#parser.write(chunk)) await once(this.#parser, 'drain');
      }
      if (!this.#failure) {
        this.#parser.end();
        await once(this.#parser, 'finish');
      }
    } catch (error) {
      this.#fail(error instanceof DomainError ? error : malformed(error));
    }
    if (this.#files === 0) this.#fail(invalidField('file', 'is missing'));
    if (this.#failure) throw this.#failure;
  }

  async *file(): AsyncGenerator<Uint8Array> {
    const stream = await this.#file.promise;
    try {
      for await (const chunk of stream) yield chunk as Uint8Array;
    } catch (error) {
      throw this.#failure ?? malformed(error);
    } finally {
      // Not read to its end: nobody wants the rest of the form either.
      if (!stream.readableEnded) this.#fail(malformed(undefined));
    }
    if (this.#failure) throw this.#failure;
  }

  values(): Record<string, unknown> {
    if (this.#filename !== undefined && !this.#values.has('filename')) {
      this.#values.set('filename', [this.#filename]);
    }
    return singleValues(this.#values, ['tags']);
  }

  #takeFile(name: string | undefined, stream: Readable, filename: string | undefined): void {
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
      this.#file.resolve(stream);
    }
  }

  #wrongFile(name: string | undefined, filename = ''): DomainError | undefined {
    if (name === undefined) return nameless();
    if (!FILE_FIELDS.includes(name)) return invalidField(shown(name), 'is not a known file field');
    if (filename.includes(REPLACED)) return invalidField('filename', 'must be valid UTF-8');
    return this.#files > 1 ? invalidField(name, 'is given more than once') : undefined;
  }

  #takeField(name: string | undefined, value: string, cut: boolean): void {
    if (name === undefined) this.#fail(nameless());
    else if (cut) this.#fail(invalidField(shown(name), 'is too long'));
    else if (value.includes(REPLACED)) this.#fail(invalidField(shown(name), 'must be valid UTF-8'));
    else this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
  }

  #fail(error: DomainError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#file.reject(error);
    // The parser does not do it: whoever waits for more of the file would wait for ever.
    this.#stream?.destroy(error);
    this.#parser.destroy(error);
  }
}

/** RFC 7578, section 4.2: every part has a name. The parser's types do not say that it may have none. */
function nameless(): DomainError {
  return invalidField('body', 'has a part without a name');
}

function malformed(cause: unknown): DomainError {
  return new DomainError('invalid_request', 'The multipart/form-data body is malformed.', { cause });
}
