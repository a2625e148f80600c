import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { notWhenLarge, onlyWhenLarge } from '../../service/test/support/large.ts';
import { startServerProcess, temporaryFolder } from '../../service/test/support/server-process.ts';
import { type FinishedCommand, startTintype } from '../../service/test/support/tintype-command.ts';
import { type Gate, keepsUploadsAfter, startGate } from './support/gate.ts';
import { writeImages } from './support/image-files.ts';
import { storedChecksums, storedIds } from './support/stored.ts';

const FILES = 500;
/** How many get an image before the first run is killed, and how many more before the second is. */
const BEFORE_KILLS = [150, 200];

/** Seconds where there is nothing else to do; several processes, and syncs, on a busy machine. */
const PATIENTLY = { timeout: 240_000 };

function startUpload(url: string, folder: string) {
  return startTintype(['upload', '--user', 'alice', '--tags', 'holiday', folder], { TINTYPE_URL: url });
}

function summaryOf({ stdout }: FinishedCommand): string | undefined {
  return stdout.trimEnd().split('\n').at(-1);
}

describe('tintype upload', () => {
  test(
    `of a folder of ${FILES} files, killed and started again: each is there once`,
    PATIENTLY,
    async (context) => {
      onlyWhenLarge(context);
      const folder = await temporaryFolder();
      const expected = await writeImages(folder, FILES);
      const server = await startServerProcess();
      for (const more of BEFORE_KILLS) {
        const gate = keepsUploadsAfter(more);
        const upload = startUpload((await startGate(server.url, gate)).url, folder);
        // What the server has made and the command was never told of is among what the next run must not make again.
        await gate.reached;
        expect((await upload.kill()).code).toBe(null);
      }
      const before = (await storedIds(server.url, 'alice')).length;
      expect(before).toBeGreaterThan(BEFORE_KILLS.reduce((sum, more) => sum + more, 0));
      expect(before).toBeLessThan(FILES);

      const finished = await startUpload(server.url, folder).ended;
      expect(finished).toMatchObject({ code: 0 });
      const [, uploaded, there] =
        /^(\d+) uploaded \(.*\), (\d+) there already$/.exec(summaryOf(finished) ?? '') ?? [];
      expect(Number(uploaded) + Number(there)).toBe(FILES);
      expect(Number(there)).toBeGreaterThanOrEqual(before);
      expect(await storedChecksums(server.url, 'alice')).toEqual(expected);
      expect(await server.stop()).toBe(0);
    },
  );

  test('two runs at the same time make each image once', PATIENTLY, async (context) => {
    notWhenLarge(context);
    const folder = await temporaryFolder();
    const expected = await writeImages(folder, 60);
    const server = await startServerProcess();
    const runs = await Promise.all([
      startUpload(server.url, folder).ended,
      startUpload(server.url, folder).ended,
    ]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(await storedChecksums(server.url, 'alice')).toEqual(expected);
  });

  test(
    'goes on by itself when the server is killed in the middle and started again',
    PATIENTLY,
    async (context) => {
      onlyWhenLarge(context);
      const folder = await temporaryFolder();
      const expected = await writeImages(folder, 80);
      const dataDir = join(await temporaryFolder(), 'data');
      const killed = await startServerProcess({ dataDir });
      const keeper = keepsUploadsAfter(30);
      const gate: Gate = await startGate(killed.url, keeper);
      const upload = startUpload(gate.url, folder);
      await keeper.reached;
      await killed.kill();
      endLeases(dataDir);
      const server = await startServerProcess({ dataDir });
      gate.lead(server.url);
      keeper.letAllPass();
      gate.letGo();
      const finished = await upload.ended;
      expect([finished.code, finished.stderr]).toEqual([0, '']);
      expect(await storedChecksums(server.url, 'alice')).toEqual(expected);
    },
  );
});

/** As if a minute had gone by: requests that were cut off hold their keys so long. */
function endLeases(dataDir: string): void {
  using database = new DatabaseSync(join(dataDir, 'index.db'));
  database.exec('UPDATE idempotency_keys SET lease_until = 0 WHERE fingerprint IS NULL');
}
