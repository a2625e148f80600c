import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeJpeg } from './made-jpeg.ts';
import { ROOT } from './processes.ts';

/** Beside the repository, which holds no copy of it. */
const CORPUS = join(ROOT, '../shared/corpus');

/** Without a corpus: as large as telephones and cameras make them, in bytes. */
const MADE = [300_000, 1_000_000, 2_000_000, 4_000_000];

export interface Photographs {
  readonly files: readonly string[];
  /** For people: what they are. */
  readonly what: string;
}

/** Up to so many JPEG photographs of several sizes: those of the corpus, or else made ones, in a folder. */
export async function photographs(folder: string, most: number): Promise<Photographs> {
  const manifest = join(CORPUS, 'manifest.jsonl');
  if (existsSync(manifest)) {
    const rows = readFileSync(manifest, 'utf8').trimEnd().split('\n');
    const all = rows
      .map(
        (row) =>
          JSON.parse(row) as { set: string; format?: string; file: string; width: number; height: number },
      )
      .filter(({ set, format }) => set === 'photos' && format === 'jpeg');
    // Evenly over them, since neighbours come from the same hand.
    const count = Math.min(most, all.length);
    const some = Array.from({ length: count }, (_, at) => all[Math.floor((at * all.length) / count)]);
    const chosen = some.filter((row) => row !== undefined);
    const megapixels = chosen.map(({ width, height }) => (width * height) / 1e6).sort((a, b) => a - b);
    const range = `${megapixels.at(0)?.toFixed(1)} to ${megapixels.at(-1)?.toFixed(1)} megapixels`;
    return {
      files: chosen.map(({ file }) => join(CORPUS, file)),
      what: `${chosen.length} photographs of ${range}`,
    };
  }
  const files: string[] = [];
  for (const bytes of MADE.slice(0, most)) files.push(await makeJpeg(folder, bytes));
  return { files, what: `${files.length} made photographs (there is no corpus)` };
}
