/** Stands in for `@tintype/client` with the same face, until that is there. */

export interface Rendition {
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

export interface ImageSummary {
  readonly image_id: string;
  readonly user_id: string;
  readonly filename: string | null;
  readonly title: string | null;
  readonly tags: string[];
  readonly content_type: string;
  readonly size_bytes: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly status: 'pending' | 'scanning' | 'ready' | 'rejected';
  readonly rejection_reason: string | null;
  readonly version: number;
  readonly created_at: string;
  readonly upload_time: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
  readonly url: string | null;
  readonly url_expires_at: string | null;
  readonly placeholder: { readonly thumbhash: string; readonly color: string } | null;
  readonly renditions: Partial<Record<'thumb' | 'small' | 'medium' | 'large', Rendition>>;
}

export interface Exif {
  readonly camera_make?: string;
  readonly camera_model?: string;
  readonly lens?: string;
  readonly exposure_time?: string;
  readonly f_number?: number;
  readonly iso?: number;
  readonly focal_length_mm?: number;
  readonly taken_at?: string;
  readonly orientation?: number;
  readonly gps?: { readonly latitude: number; readonly longitude: number; readonly altitude?: number };
}

export interface Image extends ImageSummary {
  readonly description: string | null;
  readonly exif: Exif | null;
  readonly checksum_sha256: string | null;
}

export type ImageWithEtag = Image & { readonly etag: string };

export interface ListFilters {
  user_id?: string;
  tag?: string | string[];
  date_range?: string;
  q?: string;
  order?: 'newest' | 'oldest' | 'relevance';
  status?: 'pending' | 'scanning' | 'rejected';
  deleted?: boolean;
  limit?: number;
  signal?: AbortSignal;
}

export interface UploadOptions {
  user_id: string;
  filename?: string;
  title?: string;
  description?: string;
  tags?: string[];
  content_type?: string;
  idempotencyKey?: string;
  onProgress?: (progress: { sent: number; total: number }) => void;
  signal?: AbortSignal;
}

export interface ImagePage {
  items: ImageSummary[];
  count: number;
  last_evaluated_key: string | null;
}

export class TintypeError extends Error {
  readonly code: string;
  readonly status: number;
  readonly request_id?: string;
  readonly errors?: { field: string; message: string }[];
  readonly retryAfterSeconds?: number;
  constructor(code: string, status: number, message: string, more: Partial<TintypeError> = {}) {
    super(message);
    this.name = 'TintypeError';
    this.code = code;
    this.status = status;
    if (more.request_id !== undefined) this.request_id = more.request_id;
    if (more.errors !== undefined) this.errors = more.errors;
  }
}

export type TintypeClient = ReturnType<typeof createClient>;

type Body = Record<string, unknown> | Blob | Uint8Array<ArrayBuffer>;

export function createClient({ url }: { url: string; token?: () => string | undefined }) {
  const base = url.replace(/\/$/, '');
  async function ask(
    method: string,
    path: string,
    options: { body?: Body; headers?: Record<string, string>; signal?: AbortSignal | undefined } = {},
  ): Promise<Response> {
    const { body, headers = {}, signal } = options;
    const raw = body instanceof Blob || body instanceof Uint8Array;
    const answer = await fetch(base + path, {
      method,
      headers: { ...(body && !raw ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: raw ? body : JSON.stringify(body) } : {}),
      ...(signal ? { signal } : {}),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw signal.reason;
      throw new TintypeError('network', 0, String(error));
    });
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({}));
    throw new TintypeError(
      problem.code ?? 'internal',
      answer.status,
      problem.detail ?? answer.statusText,
      problem,
    );
  }
  const withEtag = async (answer: Response): Promise<ImageWithEtag> => ({
    ...(await answer.json()),
    etag: answer.headers.get('etag') ?? '',
  });
  const ifMatch = (etag?: string): Record<string, string> => (etag ? { 'if-match': etag } : {});
  return {
    async upload(source: Blob, { user_id, filename, signal }: UploadOptions): Promise<Image> {
      const query = new URLSearchParams({ user_id, ...(filename ? { filename } : {}) });
      const headers = { 'content-type': source.type || 'image/jpeg' };
      return (await ask('POST', `/images/upload?${query}`, { body: source, headers, signal })).json();
    },
    async listPage({
      signal,
      tag,
      ...rest
    }: ListFilters & { last_evaluated_key?: string }): Promise<ImagePage> {
      const query = new URLSearchParams(
        Object.entries(rest)
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => [name, String(value)]),
      );
      for (const one of [tag ?? []].flat()) query.append('tag', one);
      return (await ask('GET', `/images?${query}`, { signal })).json();
    },
    async view(image_id: string, { download, signal }: { download?: boolean; signal?: AbortSignal } = {}) {
      return withEtag(await ask('GET', `/images/${image_id}${download ? '?download=true' : ''}`, { signal }));
    },
    async update(
      image_id: string,
      body: { title?: string | null; description?: string | null; tags?: string[] },
      { etag }: { etag?: string } = {},
    ) {
      return withEtag(await ask('PATCH', `/images/${image_id}`, { body, headers: ifMatch(etag) }));
    },
    async delete(
      image_id: string,
      { permanent }: { permanent?: boolean; etag?: string } = {},
    ): Promise<void> {
      await ask('DELETE', `/images/${image_id}${permanent ? '?permanent=true' : ''}`);
    },
    async restore(image_id: string): Promise<Image> {
      return (await ask('POST', `/images/${image_id}/restore`)).json();
    },
    async deleteMany(image_ids: string[], { permanent = false }: { permanent?: boolean } = {}) {
      return (await ask('POST', '/images/bulk-delete', { body: { image_ids, permanent } })).json();
    },
    async createLink(image_id: string, body: { expires_in_seconds?: number } = {}): Promise<{ url: string }> {
      return (await ask('POST', `/images/${image_id}/links`, { body })).json();
    },
    async usage(user_id: string) {
      return (await ask('GET', `/users/${encodeURIComponent(user_id)}/usage`)).json();
    },
    url(image: ImageSummary, { width }: { width?: number } = {}): string {
      const wide = Object.values(image.renditions)
        .filter((rendition) => rendition.width >= (width ?? Number.POSITIVE_INFINITY))
        .sort((a, b) => a.width - b.width);
      return wide[0]?.url ?? image.url ?? '';
    },
  };
}
