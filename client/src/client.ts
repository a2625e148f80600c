import type {
  DeletedImages,
  Image,
  ImageList,
  ImageSummary,
  Link,
  LinkList,
  StartedUpload,
  UploadParts,
  Usage,
  VersionList,
} from './api-types.ts';
import {
  type Api,
  answered,
  type ClientOptions,
  type Connection,
  connect,
  done,
  type Surroundings,
} from './connection.ts';
import { imageUrl, type Pictured, type UrlOptions } from './image-url.ts';
import * as images from './images.ts';
import { type ListFilters, type ListPageFilters, list, listPage } from './list.ts';
import { waitFor } from './retry.ts';
import type { Source } from './source.ts';
import * as steps from './steps.ts';
import { xhrOfBrowser } from './transport.ts';
import { type UploadOptions, upload } from './upload.ts';

/** All that can be done with a Tintype service. Every call rejects with a `TintypeError`, or with the reason of the signal that ended it. */
export interface TintypeClient {
  /**
   * Stores an image: up to 4 MiB with one request, up to 16 MiB in one piece straight to the store, and above that
   * in parts, four at a time. What fails in a way that may pass (no connection, 408, 429, 5xx, an earlier try
   * still being worked on) is tried again, and nothing is made twice.
   */
  upload(source: Source, options: UploadOptions): Promise<Image>;
  /** All images that meet the filters, through as many pages as there are; each that stays there is given once. */
  list(filters?: ListFilters): AsyncIterableIterator<ImageSummary>;
  /** One page; `last_evaluated_key` leads to the next, and is null on the last. */
  listPage(filters?: ListPageFilters): Promise<ImageList>;
  view(image_id: string, options?: images.ViewOptions): Promise<images.TaggedImage>;
  update(
    image_id: string,
    changes: images.ImageChanges,
    options?: images.ChangeOptions,
  ): Promise<images.TaggedImage>;
  /** Into the trash where the service has one, unless it is to be permanent. */
  delete(image_id: string, options?: images.DeleteOptions): Promise<void>;
  /** Out of the trash. */
  restore(image_id: string): Promise<images.TaggedImage>;
  /** Up to 100, each for itself: the answer says what became of each. */
  deleteMany(
    image_ids: readonly string[],
    options?: Pick<images.DeleteOptions, 'permanent'>,
  ): Promise<DeletedImages>;
  /** New bytes, as a new version. They go with the request: a service on AWS takes 4 MB of them. */
  replace(image_id: string, source: Source, options?: images.ReplaceOptions): Promise<images.TaggedImage>;
  versions(image_id: string): Promise<VersionList>;
  restoreVersion(image_id: string, version: number): Promise<images.TaggedImage>;
  usage(user_id: string): Promise<Usage>;
  /** A link that shows the image to whoever has it, until it expires or is revoked. */
  createLink(image_id: string, options?: { readonly expires_in_seconds?: number | undefined }): Promise<Link>;
  links(image_id: string): Promise<LinkList>;
  revokeLink(image_id: string, link_id: string): Promise<void>;
  /** The first step of an upload straight to the store; the next is to send its bytes as the answer says. */
  startUpload(body: steps.Announcement, options?: steps.StartOptions): Promise<StartedUpload>;
  /** What of an upload in parts has arrived, and fresh URLs for the rest. */
  listParts(image_id: string, options?: steps.StepOptions): Promise<UploadParts>;
  /** The last step, once the bytes are there. Done again it answers alike. */
  completeUpload(image_id: string, options?: steps.StepOptions): Promise<Image>;
  /** The answer that has the image's bytes, not yet read. */
  download(image_id: string): Promise<Response>;
  /**
   * An address for `<img src>`. Of a width alone, or of nothing, it is a signed one, which needs no token and ends at
   * `url_expires_at`: that of the smallest preset at least so wide, or of the image itself. Anything else is the
   * API's address of a rendition, which wants a token where the API does.
   */
  url(image: Pictured, options?: UrlOptions): string;
  /** The bare openapi-fetch client, with the token: for what has no method here. Answers that are errors it gives, and does not throw. */
  readonly api: Api;
}

/** A client of the service at this URL, for browsers and Node. */
export function createClient(options: ClientOptions): TintypeClient {
  return clientAmid({ wait: waitFor, xhr: xhrOfBrowser() }, options);
}

/** The same amid other surroundings. */
export function clientAmid(surroundings: Surroundings, options: ClientOptions): TintypeClient {
  const connection = connect(options, surroundings);
  return { ...ofUploads(connection), ...ofImages(connection), ...ofOthers(connection), api: connection.api };
}

function ofUploads(connection: Connection) {
  return {
    upload: (source, options) => upload(connection, source, options),
    async startUpload(body, options) {
      const { image, upload } = await steps.startUpload(connection, body, options);
      return { image, upload };
    },
    listParts: (image_id, options) => steps.listParts(connection, image_id, options),
    completeUpload: (image_id, options) => steps.completeUpload(connection, image_id, options),
  } satisfies Partial<TintypeClient>;
}

function ofImages(connection: Connection) {
  return {
    list: (filters = {}) => list(connection, filters),
    listPage: (filters = {}) => listPage(connection, filters),
    view: (image_id, options) => images.viewImage(connection, image_id, options),
    update: (image_id, changes, options) => images.updateImage(connection, image_id, changes, options),
    delete: (image_id, options) => images.deleteImage(connection, image_id, options),
    restore: (image_id) => images.restoreImage(connection, image_id),
    deleteMany: (image_ids, options) => images.deleteImages(connection, image_ids, options),
    replace: (image_id, source, options) => images.replaceImage(connection, image_id, source, options),
    restoreVersion: (image_id, version) => images.restoreVersion(connection, image_id, version),
    download: (image_id) => images.downloadImage(connection, image_id),
    url: (image, options) => imageUrl(connection.url, image, options),
  } satisfies Partial<TintypeClient>;
}

function ofOthers({ api }: Connection) {
  const of = (image_id: string) => ({ params: { path: { image_id } } });
  return {
    versions: async (image_id) => (await answered(api.GET('/images/{image_id}/versions', of(image_id)))).data,
    usage: async (user_id) =>
      (await answered(api.GET('/users/{user_id}/usage', { params: { path: { user_id } } }))).data,
    async createLink(image_id, { expires_in_seconds } = {}) {
      const body = expires_in_seconds === undefined ? {} : { expires_in_seconds };
      return (await answered(api.POST('/images/{image_id}/links', { ...of(image_id), body }))).data;
    },
    links: async (image_id) => (await answered(api.GET('/images/{image_id}/links', of(image_id)))).data,
    async revokeLink(image_id, link_id) {
      await done(
        api.DELETE('/images/{image_id}/links/{link_id}', { params: { path: { image_id, link_id } } }),
      );
    },
  } satisfies Partial<TintypeClient>;
}
