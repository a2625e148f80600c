import { randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import { type DomainError, invalidField, invalidRequest, payloadTooLarge } from '../../domain/errors.ts';
import { releaseMemory } from '../../domain/release-memory.ts';
import type { Env } from '../context.ts';
import { decodeBase64, decodedSize, longestBase64Of } from './base64.ts';
import { wholeBody } from './chunks.ts';
import { cutStringMember } from './cut-string.ts';

/** Most bytes of a JSON body beside the image in it. */
const MAX_JSON_BYTES = 64 * 1024;

/** Stands where the image was cut out. Nobody can guess it: a second `image_data` is always another text. */
const CUT = randomUUID();

const QUOTE = Buffer.from('"');

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON body without an image. */
export async function jsonBody(c: Context<Env>): Promise<unknown> {
  return parse(await wholeBody(c, MAX_JSON_BYTES));
}

export interface JsonUpload {
  /** The members beside `image_data`, yet to be checked. */
  readonly fields: Record<string, unknown>;
  /** The image, decoded as it is read; throws where it is not base64. */
  readonly bytes: Iterable<Uint8Array>;
  /** How many there are, if they are base64. */
  readonly sizeBytes: number;
}

/** A JSON body that carries an image of at most `maxImageBytes` as base64 in `image_data`. */
export async function jsonUpload(c: Context<Env>, maxImageBytes: number): Promise<JsonUpload> {
  const body = await wholeBody(c, longestBase64Of(maxImageBytes) + MAX_JSON_BYTES);
  const cut = cutStringMember(body, 'image_data', CUT);
  const rest = cut?.rest ?? body;
  if (rest.length > MAX_JSON_BYTES) throw payloadTooLarge('The JSON beside `image_data`', MAX_JSON_BYTES);
  const document = parse(rest);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw invalidField('body', 'must be a JSON object');
  }
  const { image_data, ...fields } = document as Record<string, unknown>;
  if (image_data === undefined) throw invalidField('image_data', 'is missing');
  if (cut === undefined || image_data !== CUT) {
    throw invalidField('image_data', 'must be given once, as a base64 string');
  }
  const text = unescaped(cut.value);
  return { fields, bytes: decoded(text, body), sizeBytes: decodedSize(text) };
}

/** @param body where the text may lie: of no use any more once it is decoded. */
function* decoded(text: Buffer, body: Buffer): Generator<Buffer> {
  yield* decodeBase64(text, notBase64);
  releaseMemory(body);
}

function notBase64(): DomainError {
  return invalidField('image_data', 'must be base64 (RFC 4648, section 4), bare or as a data: URL');
}

/** Some encoders write `/` as `\/`; only then is there anything to unescape. */
function unescaped(raw: Buffer): Buffer {
  if (!raw.includes('\\')) return raw;
  return Buffer.from(String(parse(Buffer.concat([QUOTE, raw, QUOTE]))));
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw invalidRequest([{ field: 'body', message: 'must be valid JSON in UTF-8' }]);
  }
}
