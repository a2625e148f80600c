export type * from './api-types.ts';
export { createClient, type TintypeClient } from './client.ts';
export type { Api, ClientOptions, Token } from './connection.ts';
export { type ErrorCode, type FieldError, type KnownErrorCode, TintypeError } from './errors.ts';
export type { Pictured, UrlOptions } from './image-url.ts';
export type {
  ChangeOptions,
  DeleteOptions,
  ImageChanges,
  ReplaceOptions,
  TaggedImage,
  ViewOptions,
} from './images.ts';
export type { ListFilters, ListPageFilters } from './list.ts';
export type { OnProgress, UploadProgress } from './progress.ts';
export type { Source } from './source.ts';
export type { Announcement, StartOptions, StepOptions } from './steps.ts';
export type { UploadOptions } from './upload.ts';
