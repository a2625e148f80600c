import type { Sharp } from 'sharp';
import type { RenditionPlan } from '../../domain/rendition.ts';
import { encoded, fitted } from './encode.ts';
import { readExif } from './exif.ts';
import type { DecoderRequest, Rendered } from './protocol.ts';
import { type OpenImage, openImage } from './source-image.ts';

type RenderRequest = Extract<DecoderRequest, { job: 'render' }>;

/** Makes one rendition, of exactly the size that is planned. Animations stay ones as WebP. */
export async function render(
  bytes: Buffer,
  { content_type, limits, plan }: RenderRequest,
): Promise<{ readonly header: Rendered; readonly parts: readonly Buffer[] }> {
  const image = await openImage(bytes, content_type, limits);
  const exif = image.metadata.exif === undefined ? null : readExif(image.metadata.exif);
  const moving = plan.format === 'webp' && image.frames > 1;
  const pipeline = image.decode(moving ? image.frames : 1);
  const attentive = plan.fit === 'cover' && plan.keep === 'attention';
  const shown = moving && attentive ? await cutAlike(pipeline, plan, image) : fitted(pipeline, plan);
  const part = await encoded(shown, plan, exif, moving ? image.timing : undefined);
  return { header: { size_bytes: part.length }, parts: [part] };
}

/** Every frame is cut where the first one draws the eye: sharp alone looks at still images only. */
async function cutAlike(frames: Sharp, plan: RenditionPlan, image: OpenImage): Promise<Sharp> {
  const { width, height } = plan;
  const { info } = await fitted(image.decode(), plan).raw().toBuffer({ resolveWithObject: true });
  const scale = Math.max(width / image.size.width, height / image.size.height);
  const scaled = {
    width: Math.max(width, Math.round(image.size.width * scale)),
    height: Math.max(height, Math.round(image.size.height * scale)),
  };
  // sharp counts the offsets backwards.
  const left = Math.min(Math.abs(info.cropOffsetLeft ?? 0), scaled.width - width);
  const top = Math.min(Math.abs(info.cropOffsetTop ?? 0), scaled.height - height);
  return frames.resize({ ...scaled, fit: 'fill' }).extract({ left, top, width, height });
}
