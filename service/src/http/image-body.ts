import type { ImageRecord, ImageSummary } from '../domain/image.ts';
import type { ImageView } from '../operations/steps/present-image.ts';

type Hidden =
  | 'object_key'
  | 'revision'
  | 'background_revision'
  | 'upload'
  | 'presets'
  | 'accepted_at'
  | 'former_versions';

type SummaryBody = Omit<ImageSummary, Hidden> & ImageView;

type Body<Image> = Omit<Image, Hidden> & ImageView;

/** A row of a listing as callers see it: without what is ours alone. Field by field, since a page has many. */
export function summaryBody({
  image,
  url,
  url_expires_at,
  renditions,
}: ImageView & { readonly image: ImageSummary }): SummaryBody {
  return {
    image_id: image.image_id,
    user_id: image.user_id,
    filename: image.filename,
    title: image.title,
    tags: image.tags,
    content_type: image.content_type,
    size_bytes: image.size_bytes,
    width: image.width,
    height: image.height,
    status: image.status,
    rejection_reason: image.rejection_reason,
    version: image.version,
    created_at: image.created_at,
    upload_time: image.upload_time,
    updated_at: image.updated_at,
    deleted_at: image.deleted_at,
    placeholder: image.placeholder,
    url,
    url_expires_at,
    renditions,
  };
}

/** An image as callers see it. */
export function imageBody(output: ImageView & { readonly image: ImageRecord }): Body<ImageRecord> {
  const { description, checksum_sha256, exif } = output.image;
  const { image_id, user_id, filename, title, ...more } = summaryBody(output);
  return { image_id, user_id, filename, title, description, ...more, checksum_sha256, exif };
}
