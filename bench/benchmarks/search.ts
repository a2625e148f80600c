import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { HAS_WRK, load, WRK_REMEDY } from '../load.ts';
import { manyImages, userAt, wordAt } from '../many-images.ts';
import { startBare, startServer } from '../processes.ts';
import { mustShowSame } from '../same-images.ts';

/** What is looked for: words by how frequent they are, the first of all being in about every second image. */
interface Sought {
  readonly what: string;
  /** Words, and the beginning of one. */
  readonly words: readonly string[];
  readonly beginning?: string;
  readonly user?: number;
}

const SOUGHT: readonly Sought[] = [
  { what: 'a rare word', words: [wordAt(2000)] },
  { what: 'a frequent word', words: [wordAt(3)] },
  { what: 'two words', words: [wordAt(5), wordAt(40)] },
  { what: 'the beginning of a word', words: [], beginning: wordAt(60).slice(0, 2) },
  { what: "a word of a user's", words: [wordAt(3)], user: 0 },
];

/** The first page of what is found. */
export const searchBench: Bench = async function* ({ scratch, say, seconds, rounds }) {
  if (!HAS_WRK) return say(`search: not measured, since ${WRK_REMEDY}.`);
  const isQuick = rounds === 1;
  const images = await manyImages(isQuick ? 20_000 : 1_000_000, say);
  await using ours = await startServer(images.folder);
  await using byHand = await startBare('images', images.folder);
  const contender = (name: string, url: string, path: string): Contender => ({
    name,
    round: async () => {
      const asked = { url, paths: [path], connections: 8, seconds: Math.min(seconds, 2), status: 200 };
      return (await load(scratch, asked)).rate;
    },
  });
  for (const sought of isQuick ? SOUGHT.slice(0, 2) : SOUGHT) {
    const [path, match] = [
      `/images?${queryOf(sought)}`,
      `/search?match=${encodeURIComponent(matchOf(sought))}`,
    ];
    await mustShowSame(ours.url + path, byHand.url + match, undefined);
    yield* compare({
      work: `search ${images.count.toLocaleString('en')} images for ${sought.what}, 8 at a time`,
      unit: 'a second',
      better: 'greater',
      ours: contender('Tintype', ours.url, path),
      against: [{ ...contender('FTS5 and JSON by hand', byHand.url, match), target: 0.6 }],
      rounds,
    });
  }
};

function queryOf({ words, beginning, user }: Sought): URLSearchParams {
  // In quotes: whole words.
  const said = words.map((word) => `"${word}"`).concat(beginning ?? []);
  return new URLSearchParams({ q: said.join(' '), ...(user === undefined ? {} : { user_id: userAt(user) }) });
}

function matchOf({ words, beginning, user }: Sought): string {
  const terms = words.map((word) => `"${word}"`).concat(beginning === undefined ? [] : `"${beginning}" *`);
  const within = user === undefined ? '' : ` AND scope : "u${user + 1}"`;
  return `(({title tags filename description} : (${terms.join(' AND ')}))${within}) NOT scope : "hidden"`;
}
