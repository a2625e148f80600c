import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

/**
 * Real and hostile images: `shared/corpus` beside the repository, which holds no copy of it. Tests that
 * need it call `skipWithoutCorpus` first.
 */
const CORPUS = fileURLToPath(new URL('../../../../shared/corpus/', import.meta.url));

export type CorpusSet = 'photos' | 'odd' | 'hostile';

/** One line of `manifest.jsonl`. */
export interface CorpusFile {
  readonly set: CorpusSet;
  /** Relative to the corpus, such as `photos/x.jpg`. */
  readonly file: string;
  readonly bytes: number;
  /** Only of files that can be decoded. */
  readonly format?: string;
  readonly width?: number;
  readonly height?: number;
}

/** Ends the test as skipped, and says why, where there is no corpus. */
export function skipWithoutCorpus(ctx: TestContext): void {
  if (existsSync(join(CORPUS, 'manifest.jsonl'))) return;
  const reason = 'there is no image corpus: ../shared/corpus (from the root of the repository) is absent';
  process.stdout.write(`skipped "${ctx.task.name}": ${reason}\n`);
  ctx.skip(reason);
}

/** The files of a set, in the manifest's order; the manifest and the folder must name the same ones. */
export function corpusFiles(set: CorpusSet): CorpusFile[] {
  const files = readFileSync(join(CORPUS, 'manifest.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as CorpusFile)
    .filter((file) => file.set === set);
  const named = files.map(({ file }) => file).sort();
  const there = readdirSync(join(CORPUS, set)).map((name) => `${set}/${name}`);
  if (named.join() !== there.sort().join()) throw new Error(`The manifest and ${set}/ differ.`);
  return files;
}

export function readCorpusFile({ file }: CorpusFile): Promise<Buffer> {
  return readFile(join(CORPUS, file));
}
