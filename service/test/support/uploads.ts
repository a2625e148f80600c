import type { Image } from './answers.ts';
import { expectImage } from './answers.ts';
import type { TestHome } from './homes.ts';
import { png } from './png.ts';

export interface Fields {
  readonly user_id?: string;
  readonly filename?: string;
  readonly title?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly checksum_sha256?: string;
}

/** A request but for its address: what `home.request` takes. */
export interface Call {
  readonly path: string;
  readonly init: RequestInit;
}

/** One part of a form. */
export interface Part {
  readonly name: string;
  readonly value: string | Uint8Array;
  /** With a filename it is a file. */
  readonly filename?: string;
}

const BOUNDARY = 'a-boundary-of-the-tests';

export const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;

/** Written by hand, because clients' own encoders change line ends and names. */
export function multipartBytes(parts: readonly Part[], boundary = BOUNDARY): Buffer {
  const pieces = parts.flatMap(({ name, value, filename }) => [
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"\r\ncontent-type: application/octet-stream`,
    '\r\n\r\n',
    value,
    '\r\n',
  ]);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece as string)));
}

export function postForm(parts: readonly Part[], path = '/images'): Call {
  return post(path, MULTIPART, multipartBytes(parts));
}

export function postJson(body: unknown, path = '/images'): Call {
  return post(path, 'application/json', typeof body === 'string' ? body : JSON.stringify(body));
}

export function postRaw(
  image: Uint8Array | string,
  query: Record<string, string> | [string, string][],
  path = '/images',
): Call {
  return post(`${path}?${new URLSearchParams(query)}`, 'image/png', image);
}

function post(path: string, type: string, body: Uint8Array | string): Call {
  return {
    path,
    init: {
      method: 'POST',
      headers: { 'content-type': type },
      body: body as string | Uint8Array<ArrayBuffer>,
    },
  };
}

export type UploadForm = (image: Buffer, fields: Fields, path?: string) => Call;

const asJson =
  (encode: (image: Buffer) => string, finish = (text: string) => text): UploadForm =>
  (image, fields, path) =>
    postJson(finish(JSON.stringify({ ...fields, image_data: encode(image) })), path);

const base64 = (image: Buffer) => image.toString('base64');

/** The three body forms, with what their clients make of them. */
export const FORMS: Readonly<Record<string, UploadForm>> = {
  'JSON with base64': asJson(base64),
  'JSON with a data: URL': asJson((image) => `data:image/gif;charset=x;base64,${base64(image)}`),
  'JSON with escaped slashes': asJson(base64, (text) => text.replaceAll('/', '\\/')),
  'JSON with the image first': (image, fields, path) =>
    postJson(`{\n "image_data" : "${base64(image)}" , ${JSON.stringify(fields).slice(1)}`, path),
  'a form with the file last': (image, fields, path) =>
    postForm([...fieldParts(fields), filePart('file', image)], path),
  'a form with the file first': (image, fields, path) =>
    postForm([filePart('file', image), ...fieldParts(fields)], path),
  'a form with the file in `image`': (image, fields, path) =>
    postForm([filePart('image', image), ...fieldParts(fields)], path),
  'raw bytes': (image, fields, path) =>
    postRaw(
      image,
      fieldParts(fields).map(({ name, value }): [string, string] => [name, String(value)]),
      path,
    ),
};

export const FORM_NAMES = Object.keys(FORMS);

export function uploadCall(form: string, image: Buffer, fields: Fields, path?: string): Call {
  const make = FORMS[form];
  if (!make) throw new Error(`There is no form ${form}.`);
  return make(image, fields, path);
}

/** A single tag is sent twice: as an array, whatever characters it has. */
export function fieldParts({ tags = [], ...texts }: Fields): Part[] {
  const sent = tags.length === 1 ? [...tags, ...tags] : tags;
  return [
    ...Object.entries(texts).map(([name, value]) => ({ name, value: value as string })),
    ...sent.map((value) => ({ name: 'tags', value })),
  ];
}

export function filePart(name: string, value: Uint8Array, filename = 'blob'): Part {
  return { name, value, filename };
}

type Requests = Pick<TestHome, 'request'>;

export async function upload(home: Requests, fields: Fields = {}, image = png()): Promise<Image> {
  const { path, init } = postJson({ user_id: 'alice', ...fields, image_data: image.toString('base64') });
  return expectImage(await home.request(path, init), 201);
}

let seed = 0;

/** An image whose bytes no other image of the tests has. */
export function newPng(size?: number): Buffer {
  seed++;
  return png({ seed, ...(size === undefined ? {} : { size }) });
}
