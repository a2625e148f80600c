import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createClient } from '@tintype/client';
import { madePhotograph } from '../../web/test/browser/support/made-photograph.ts';
import { nodeArguments, ROOT, startServer } from '../processes.ts';

/** Whose images the gallery shows where nobody is asked who they are. */
const USER = 'me';

/** Pictures whose pixels all records show. */
const PATTERNS = 12;

/** Fills a new data folder: some made photographs, uploaded and processed, and records that show their pixels. */
export async function fillFolder(dataDir: string, count: number): Promise<void> {
  {
    await using server = await startServer(dataDir);
    const client = createClient({ url: server.url });
    for (let number = 0; number < PATTERNS; number++) {
      await client.upload(await madePhotograph(number), { user_id: USER, filename: `made-${number}.jpg` });
    }
    while (!(await areProcessed(client))) await setTimeout(100);
  }
  const seed = nodeArguments(
    'bench/seed-images.ts',
    ...['--data-dir', dataDir, '--images', String(count), '--user', USER],
  );
  await promisify(execFile)(process.execPath, seed, { cwd: ROOT });
}

async function areProcessed(client: ReturnType<typeof createClient>): Promise<boolean> {
  const { items } = await client.listPage({ user_id: USER });
  return items.length === PATTERNS && items.every(({ renditions }) => Object.keys(renditions).length > 0);
}
