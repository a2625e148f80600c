import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { corpusFiles } from '../../../../service/test/support/corpus.ts';

const CORPUS = fileURLToPath(new URL('../../../../../shared/corpus/', import.meta.url));

/** As photographs have them. */
const SHAPES = [
  [1200, 800],
  [800, 1200],
  [1200, 900],
  [1000, 1000],
  [1600, 900],
] as const;

/** Files of so many different photographs: real ones where they are, and for the rest of them made ones. */
export async function photographs(count: number, folder: string): Promise<string[]> {
  const real = existsSync(join(CORPUS, 'manifest.jsonl')) ? corpusFiles('photos') : [];
  const paths = real.slice(0, count).map(({ file }) => join(CORPUS, file));
  return [...paths, ...(await madePhotographs(count - paths.length, folder))];
}

/** Files of so many different pictures, `made-1.jpg` and so on. */
export function madePhotographs(count: number, folder: string): Promise<string[]> {
  return Promise.all(
    Array.from({ length: Math.max(0, count) }, async (_, index) => {
      const path = join(folder, `made-${index + 1}.jpg`);
      await writeFile(path, await madePhotograph(index));
      return path;
    }),
  );
}

/** A sky, a sun and hills, of colours and of a shape that differ by the number. */
export function madePhotograph(number: number): Promise<Buffer> {
  const [width, height] = SHAPES[number % SHAPES.length] ?? SHAPES[0];
  const hue = (number * 47) % 360;
  const sun = 15 + ((number * 29) % 70);
  return sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 100 100" preserveAspectRatio="none">
      <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stop-color="hsl(${hue} 60% 35%)"/><stop offset="1" stop-color="hsl(${hue + 60} 80% 75%)"/>
      </linearGradient></defs>
      <rect width="100" height="100" fill="url(#sky)"/>
      <ellipse cx="${sun}" cy="38" rx="7" ry="9" fill="hsl(${hue + 180} 90% 85%)"/>
      <path d="M0 ${60 + (number % 7)} Q25 ${45 + (number % 11)} 50 65 T100 58 V100 H0Z" fill="hsl(${hue + 120} 30% 30%)"/>
      <path d="M0 85 Q30 ${70 + (number % 5)} 60 82 T100 78 V100 H0Z" fill="hsl(${hue + 140} 35% 18%)"/>
    </svg>`),
  )
    .jpeg({ quality: 85 })
    .toBuffer();
}

/** A picture that nothing makes smaller: three bytes a pixel, and a few more. */
export async function noise(path: string, width: number, height: number): Promise<string> {
  const noisy = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  await sharp({ create: { width, height, channels: 3, background: '#808080', noise: noisy } })
    .png({ compressionLevel: 0 })
    .toFile(path);
  return path;
}
