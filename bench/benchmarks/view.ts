import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  const example = await exampleOf(`${ours.url}/images/${ids[0]}`, scratch);
  await using answering = await startBare('plain-view', ...example);
  await using logging = await startBare('plain-view', ...example, 'log');
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
        // What of the difference to hello-world the answer alone is, and a line of the log.
        contender('Hono alone, with such an answer', answering.url, viewed),
        contender('Hono alone, with such an answer and a line of the log', logging.url, viewed),
      ],
      rounds,
    });
  }
};

/** What a server adds to each answer by itself. */
const BY_NODE = ['connection', 'date', 'keep-alive'];

/** Files with the body and the headers of one answer. */
async function exampleOf(url: string, scratch: string): Promise<[body: string, headers: string]> {
  const answer = await fetch(url);
  const files = [join(scratch, 'body'), join(scratch, 'headers')] as const;
  const headers = [...answer.headers].filter(([name]) => !BY_NODE.includes(name));
  await writeFile(files[0], await answer.text());
  await writeFile(files[1], JSON.stringify(Object.fromEntries(headers)));
  return [...files];
}
