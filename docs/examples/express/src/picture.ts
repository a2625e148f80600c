import type { ImageSummary } from '@tintype/client';
import { thumbHashToDataURL } from 'thumbhash';

/** What a page needs of an image. */
export interface Picture {
  readonly image_id: string;
  readonly title: string;
  /** Null until the image is ready. */
  readonly src: string | null;
  /** The presets, with their widths; empty until they are made, a moment after the upload. */
  readonly srcset: string;
  readonly width: number | null;
  readonly height: number | null;
  /** A blurred picture as a data: URL, to show until the pixels are there. */
  readonly placeholder: string | null;
}

export function pictureOf(image: ImageSummary): Picture {
  const { image_id, url, width, height, placeholder } = image;
  const renditions = Object.values(image.renditions);
  return {
    image_id,
    title: image.title ?? image.filename ?? 'Untitled',
    src: url,
    srcset: renditions.map((rendition) => `${rendition.url} ${rendition.width}w`).join(', '),
    width,
    height,
    placeholder: placeholder && thumbHashToDataURL(Buffer.from(placeholder.thumbhash, 'base64')),
  };
}
