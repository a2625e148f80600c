import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../../../service/test/process/calls.ts';
import { png } from '../../../service/test/support/png.ts';

/** So many different images in a folder and those below it, some of the same size. @returns their checksums, sorted. */
export async function writeImages(folder: string, count: number): Promise<string[]> {
  const checksums: string[] = [];
  for (let n = 0; n < count; n++) {
    const bytes = png({ seed: n, size: 1000 + (n % 200) });
    checksums.push(sha256(bytes));
    await writeNew(join(folder, `album-${n % 7}`, `image-${n}.png`), bytes);
  }
  return checksums.sort();
}

/** A file, with the folders that it is in. */
export async function writeNew(path: string, bytes: Uint8Array | string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}
