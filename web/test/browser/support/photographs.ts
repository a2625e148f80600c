import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { corpusFiles } from '../../../../service/test/support/corpus.ts';
import { madePhotograph } from './made-photograph.ts';

const CORPUS = fileURLToPath(new URL('../../../../../shared/corpus/', import.meta.url));

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

/** A picture that nothing makes smaller: three bytes a pixel, and a few more. */
export async function noise(path: string, width: number, height: number): Promise<string> {
  const noisy = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  await sharp({ create: { width, height, channels: 3, background: '#808080', noise: noisy } })
    .png({ compressionLevel: 0 })
    .toFile(path);
  return path;
}
