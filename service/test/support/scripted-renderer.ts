import { presetsFor, type RenditionPlan } from '../../src/domain/rendition.ts';
import type {
  DevelopedImage,
  RenderedImage,
  Renderer,
  SourceImage,
  WantedPresets,
} from '../../src/ports/renderer.ts';

/** The size that every image has that it is given. */
export const SCRIPTED_SIZE = { width: 3000, height: 2000 };

/** Shows every image as one of 3000 x 2000 pixels, its renditions as words; tells what it was asked for. */
export class ScriptedRenderer implements Renderer {
  readonly asked: string[] = [];

  async develop(image: SourceImage, { format }: WantedPresets): Promise<DevelopedImage> {
    this.asked.push('develop');
    await readAll(image);
    return {
      ...SCRIPTED_SIZE,
      placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', color: '#7a8c99' },
      exif: null,
      presets: presetsFor(SCRIPTED_SIZE, format).map(({ preset, plan }) => ({ preset, ...rendered(plan) })),
    };
  }

  async render(image: SourceImage, plan: RenditionPlan): Promise<RenderedImage> {
    this.asked.push(`render ${plan.width}x${plan.height} ${plan.format}`);
    await readAll(image);
    return rendered(plan);
  }

  async close(): Promise<void> {}
}

async function readAll(image: SourceImage): Promise<void> {
  let size = 0;
  for await (const chunk of image.stream()) size += chunk.length;
  if (size !== image.size_bytes) throw new Error(`There are ${size} bytes of ${image.size_bytes}.`);
}

function rendered({ width, height, format }: RenditionPlan): RenderedImage {
  const bytes = Buffer.from(`${width} x ${height} as ${format}`);
  return { width, height, content_type: `image/${format}`, bytes };
}
