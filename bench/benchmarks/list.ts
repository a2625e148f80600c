import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { LISTED_BY, type ListPaths, listPathsOf, SIGNING_SECRET } from '../list-paths.ts';
import { HAS_WRK, load, WRK_REMEDY } from '../load.ts';
import { manyImages } from '../many-images.ts';
import { startBare, startServer } from '../processes.ts';
import { mustShowSame } from '../same-images.ts';

/** Pages of 50 with their URLs, at any depth: against the same by hand, and against a hundredth of the images. */
export const listBench: Bench = async function* ({ scratch, say, seconds, rounds }) {
  if (!HAS_WRK) return say(`list: not measured, since ${WRK_REMEDY}.`);
  const isQuick = rounds === 1;
  const many = await manyImages(isQuick ? 20_000 : 1_000_000, say);
  const few = await manyImages(10_000, say);
  const env = { SIGNING_SECRET };
  await using ours = await startServer(many.folder, env);
  await using oursOfFew = await startServer(few.folder, env);
  await using byHand = await startBare('images', many.folder);
  const asked = (url: string, paths: readonly string[], connections: number) =>
    load(scratch, { url, paths, connections, seconds: Math.min(seconds, 1), status: 200 });
  const rate = (name: string, url: string, paths: readonly string[]): Contender => ({
    name,
    round: async () => (await asked(url, paths, 8)).rate,
  });
  const median = (name: string, url: string, paths: readonly string[]): Contender => ({
    name,
    round: async () => (await asked(url, paths, 1)).p50,
  });
  for (const by of isQuick ? (['user+tag'] as const) : LISTED_BY) {
    const paths = listPathsOf(many, by);
    const pathsOfFew = listPathsOf(few, by);
    await checked(ours.url, byHand.url, paths);
    yield* compare({
      work: `list 50 by ${by}, 8 at a time`,
      unit: 'a second',
      better: 'greater',
      ours: rate('Tintype', ours.url, paths.ours),
      against: [{ ...rate('SQL and JSON by hand', byHand.url, paths.byHand), target: 0.6 }],
      rounds,
    });
    yield* compare({
      work: `list 50 by ${by}, median, of ${many.count.toLocaleString('en')} images`,
      unit: 'ms',
      better: 'smaller',
      ours: median('Tintype', ours.url, paths.ours),
      against: [
        {
          ...median(`Tintype, of ${few.count.toLocaleString('en')}`, oursOfFew.url, pathsOfFew.ours),
          target: 1.5,
        },
      ],
      rounds,
    });
  }
};

async function checked(ours: string, byHand: string, paths: ListPaths): Promise<void> {
  for (const [at, path] of paths.ours.entries()) {
    if (at % 30 === 0) await mustShowSame(ours + path, byHand + paths.byHand[at], 50);
  }
}
