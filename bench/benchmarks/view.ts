import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { HAS_WRK, load, WRK_REMEDY } from '../load.ts';
import { imageIdsOf, manyImages } from '../many-images.ts';
import { startBare, startServer } from '../processes.ts';

/** Metadata with five signed URLs, of images all over the folder. */
export const viewBench: Bench = async function* ({ scratch, say, seconds, rounds }) {
  if (!HAS_WRK) return say(`view: not measured, since ${WRK_REMEDY}.`);
  const images = await manyImages(10_000, say);
  const ids = imageIdsOf(images, 1000);
  await using ours = await startServer(images.folder);
  await using hello = await startBare('hello');
  await using byHand = await startBare('images', images.folder);
  for (const connections of [1, 32]) {
    const contender = (name: string, url: string, paths: readonly string[]): Contender => ({
      name,
      round: async () => (await load(scratch, { url, paths, connections, seconds, status: 200 })).rate,
    });
    const viewed = ids.map((id) => `/images/${id}`);
    yield* compare({
      work: `view, ${connections} at a time`,
      unit: 'a second',
      better: 'greater',
      ours: contender('Tintype', ours.url, viewed),
      against: [
        { ...contender("Hono's hello-world", hello.url, ['/']), target: 0.4 },
        contender(
          'SQL and JSON by hand',
          byHand.url,
          ids.map((id) => `/view?id=${id}`),
        ),
      ],
      rounds,
    });
  }
};
