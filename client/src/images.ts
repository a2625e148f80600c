import type { DeletedImages, Image, operations } from './api-types.ts';
import { answered, type Connection, done } from './connection.ts';
import { errorOf, networkError } from './errors.ts';
import { blobOf, contentTypeOf, imageTypeOf, type Source } from './source.ts';

/** An image, and the ETag that a change of it may name: as the header has it, with its quotes. */
export type TaggedImage = Image & { readonly etag: string };

/** What can be said of an image; null takes it away, and what is left out stays. */
export type ImageChanges = operations['update-image']['requestBody']['content']['application/json'];

export interface ChangeOptions {
  /** Only if the image still has this ETag: `precondition_failed` otherwise. */
  readonly etag?: string | undefined;
}

export interface ViewOptions {
  /** The image's `url` downloads as a file. */
  readonly download?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DeleteOptions extends ChangeOptions {
  /** Past the trash. */
  readonly permanent?: boolean | undefined;
}

export interface ReplaceOptions extends ChangeOptions {
  /** Found from the bytes unless given. */
  readonly content_type?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function viewImage(
  { api }: Connection,
  image_id: string,
  { download, signal }: ViewOptions = {},
): Promise<TaggedImage> {
  const query = download ? { download: 'true' as const } : {};
  return tagged(
    api.GET('/images/{image_id}', { params: { path: { image_id }, query }, ...(signal && { signal }) }),
  );
}

export async function updateImage(
  { api }: Connection,
  image_id: string,
  body: ImageChanges,
  { etag }: ChangeOptions = {},
): Promise<TaggedImage> {
  return tagged(
    api.PATCH('/images/{image_id}', { params: { path: { image_id }, header: ifMatch(etag) }, body }),
  );
}

export async function deleteImage(
  { api }: Connection,
  image_id: string,
  { permanent, etag }: DeleteOptions = {},
): Promise<void> {
  const query = permanent ? { permanent: 'true' as const } : {};
  await done(
    api.DELETE('/images/{image_id}', { params: { path: { image_id }, query, header: ifMatch(etag) } }),
  );
}

export async function deleteImages(
  { api }: Connection,
  image_ids: readonly string[],
  { permanent }: Pick<DeleteOptions, 'permanent'> = {},
): Promise<DeletedImages> {
  const body = { image_ids: [...image_ids], ...(permanent && { permanent }) };
  return (await answered(api.POST('/images/bulk-delete', { body }))).data;
}

export async function restoreImage({ api }: Connection, image_id: string): Promise<TaggedImage> {
  return tagged(api.POST('/images/{image_id}/restore', { params: { path: { image_id } } }));
}

export async function restoreVersion(
  { api }: Connection,
  image_id: string,
  version: number,
): Promise<TaggedImage> {
  const path = { image_id, version: String(version) };
  return tagged(api.POST('/images/{image_id}/versions/{version}/restore', { params: { path } }));
}

export async function replaceImage(
  { api }: Connection,
  image_id: string,
  source: Source,
  { etag, content_type, signal }: ReplaceOptions = {},
): Promise<TaggedImage> {
  const bytes = blobOf(source);
  const type = imageTypeOf(await contentTypeOf(bytes, content_type));
  return tagged(
    api.PUT('/images/{image_id}/content', {
      params: { path: { image_id }, header: ifMatch(etag) },
      headers: { 'content-type': type },
      // The document says of binary bodies no more than that they are strings.
      body: '',
      bodySerializer: () => bytes,
      ...(signal && { signal }),
    }),
  );
}

/** The bytes, from the store itself: no token goes there. @throws TintypeError `not_ready` where there are none yet. */
export async function downloadImage(connection: Connection, image_id: string): Promise<Response> {
  const { url } = await viewImage(connection, image_id, { download: true });
  if (url === null) {
    // Says why there is none; if it is there now, follows to it.
    const { response } = await done(
      connection.api.GET('/images/{image_id}/content', { params: { path: { image_id } }, parseAs: 'stream' }),
    );
    return response;
  }
  const response = await connection.fetch(url).catch((error: unknown) => {
    throw networkError(error);
  });
  if (response.ok) return response;
  const { status, headers } = response;
  throw errorOf({ status, body: await bodyOf(response), header: (name) => headers.get(name) });
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => '');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function tagged(call: Parameters<typeof answered<Image>>[0]): Promise<TaggedImage> {
  const { data, response } = await answered(call);
  return { ...data, etag: response.headers.get('etag') ?? '' };
}

function ifMatch(etag: string | undefined): { readonly 'If-Match'?: string } {
  return etag === undefined ? {} : { 'If-Match': etag };
}
