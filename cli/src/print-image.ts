import type { Image, ImageSummary } from '@tintype/client';
import { bytesText } from './terminal.ts';
import { type Column, fieldsText } from './text/table.ts';

/** The columns of a list of images. */
export const IMAGE_COLUMNS: readonly Column<ImageSummary>[] = [
  { heading: 'ID', cell: ({ image_id }) => image_id },
  { heading: 'UPLOADED', cell: ({ upload_time }) => timeText(upload_time) },
  { heading: 'USER', cell: ({ user_id }) => user_id, atLeast: 6, leaves: 2 },
  { heading: 'SIZE', cell: ({ size_bytes }) => bytesText(size_bytes), align: 'right', leaves: 1 },
  { heading: 'PIXELS', cell: pixelsText, align: 'right', leaves: 3 },
  { heading: 'NAME', cell: ({ title, filename }) => title ?? filename ?? '', atLeast: 10 },
  { heading: 'TAGS', cell: ({ tags }) => tags.join(','), atLeast: 4, leaves: 4 },
];

/** The same for images that are not all `ready`. */
export const STATUS_COLUMNS: readonly Column<ImageSummary>[] = [
  ...IMAGE_COLUMNS,
  {
    heading: 'STATUS',
    cell: ({ status, rejection_reason }) => [status, rejection_reason].filter(Boolean).join(': '),
  },
];

/** Everything of one image, for people. */
export function imageText(image: Image): string {
  return fieldsText([
    ['id', image.image_id],
    ['user', image.user_id],
    ['title', image.title],
    ['description', image.description],
    ['tags', image.tags.length === 0 ? null : image.tags.join(', ')],
    ['filename', image.filename],
    ['type', image.content_type],
    ['size', sizeText(image.size_bytes)],
    ['pixels', pixelsText(image) || null],
    ['sha-256', image.checksum_sha256],
    ['status', image.status],
    ['rejected', image.rejection_reason],
    ['version', String(image.version)],
    ['uploaded', timeText(image.upload_time)],
    ['changed', timeText(image.updated_at)],
    ['deleted', image.deleted_at && timeText(image.deleted_at)],
    ['previews', Object.keys(image.renditions).join(', ') || null],
    ...exifFields(image),
    ['url', image.url],
    ['url until', image.url_expires_at && timeText(image.url_expires_at)],
  ]);
}

function exifFields({ exif }: Image): (readonly [string, string])[] {
  return Object.entries(exif ?? {}).map(([name, value]) => {
    const said = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return [name.replaceAll('_', ' '), said] as const;
  });
}

export function pixelsText({ width, height }: Pick<ImageSummary, 'width' | 'height'>): string {
  return width === null || height === null ? '' : `${width} x ${height}`;
}

export function sizeText(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${bytesText(bytes)} (${bytes} bytes)`;
}

/** To the second, as lists of people have it. */
export function timeText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)}Z`;
}
