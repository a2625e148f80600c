import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from '../benchmark.ts';
import { type Contender, compare } from '../comparison.ts';
import { type Server, startBareAlike, startServer } from '../processes.ts';

/** Starts that count, of each: a start is short, and what else the machine does shows in each of them. */
const ROUNDS = 15;

/** From the start of the process to the answer to its first request, by the very command of `npm start`. */
export const startupBench: Bench = async function* ({ scratch, rounds }) {
  const known = join(scratch, 'known');
  let fresh = 0;
  yield* compare({
    work: 'start to the first answer',
    unit: 'ms',
    better: 'smaller',
    ours: started('Tintype', () => startServer(known)),
    against: [{ ...started('node with an empty Hono server', () => startBareAlike('empty')), target: 3 }],
    rounds: rounds > 1 ? ROUNDS : rounds,
  });
  yield* compare({
    work: 'start to the first answer, with a new data folder',
    unit: 'ms',
    better: 'smaller',
    ours: started('Tintype', async () => {
      const folder = join(scratch, `new-${fresh++}`);
      await mkdir(folder);
      return startServer(folder);
    }),
    against: [{ ...started('node with an empty Hono server', () => startBareAlike('empty')) }],
    rounds: rounds > 1 ? ROUNDS : rounds,
  });
};

function started(name: string, start: () => Promise<Server>): Contender {
  return {
    name,
    async round() {
      const before = performance.now();
      await using server = await start();
      const answer = await fetch(`${server.url}/health`);
      await answer.arrayBuffer();
      const taken = performance.now() - before;
      if (!answer.ok) throw new Error(`${name} answers ${answer.status} to /health.`);
      return taken;
    },
  };
}
