import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checksumAt, listAll } from '../process/calls.ts';
import { randomNumbers } from '../process/random-numbers.ts';
import { startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { runTintype } from '../support/tintype-command.ts';
import { Ledger, Tally } from './support/crash-ledger.ts';
import { Load } from './support/crash-load.ts';
import { bytesOf, findingsIn } from './support/examined-folder.ts';
import { report, SEED, TORTURE, tries } from './support/torture.ts';

const BACKUPS = tries({ short: 2, long: 40 });
const ENV = { KEEP_VERSIONS: '100' };

/** What `tintype backup --json` says. */
interface Said {
  readonly images: number;
  readonly objects: number;
  readonly rounds: number;
  readonly dropped: number;
}

test('a backup that is taken under load restores to a home in which every record has its bytes', {
  timeout: TORTURE ? 1_800_000 : 150_000,
}, async () => {
  const folder = await temporaryFolder();
  const dataDir = join(folder, 'data');
  const into = join(folder, 'backup');
  const [ledger, tally, random] = [new Ledger(), new Tally(), randomNumbers(SEED)];
  const server = await startServerProcess({ dataDir, env: ENV });
  const load = new Load({ server, ledger, tally, random });
  const figures = { backups: 0, images: 0, objects: 0, more_rounds: 0, dropped: 0, read_back: 0 };
  for (let number = 1; number <= BACKUPS; number++) {
    await load.untilAnswers(30);
    const taken = await runTintype(['backup', into, '--json'], { DATA_DIR: dataDir });
    expect([taken.code, taken.stderr]).toEqual([0, '']);
    const said = JSON.parse(taken.stdout) as Said;
    figures.backups++;
    figures.images += said.images;
    figures.objects += said.objects;
    figures.dropped += said.dropped;
    if (said.rounds > 1) figures.more_rounds++;
    const { named, there } = await bytesOf(into);
    expect(there).toEqual(named);
    expect(await findingsIn(into)).toEqual([]);
  }
  // Whatever a client was told before the last backup began is in it.
  await load.stop();
  const last = await runTintype(['backup', into, '--json', '--scrub'], { DATA_DIR: dataDir });
  expect([last.code, last.stderr]).toEqual([0, '']);
  expect(await server.stop()).toBe(0);

  const restored = join(folder, 'restored');
  const done = await runTintype(['restore', into, '--scrub', '--json'], { DATA_DIR: restored });
  expect([done.code, done.stderr]).toEqual([0, '']);
  const again = await startServerProcess({ dataDir: restored, env: ENV });
  // It was not cut off: there is nothing to put right.
  expect(again.logs().stdout).toHaveLength(1);
  const listed = await listAll(again.url);
  expect(listed.map(({ image_id }) => image_id).sort()).toEqual([...ledger.present.keys()].sort());
  for (const { image_id, title, url } of listed) {
    const known = ledger.present.get(image_id);
    expect(title).toBe(known?.title);
    expect(await checksumAt(url)).toBe(known?.sha256);
    figures.read_back++;
  }
  const doctor = await runTintype(['doctor', '--scrub'], { DATA_DIR: restored });
  expect([doctor.code, doctor.stderr]).toEqual([0, '']);
  report('backup', { ...figures, acknowledged_meanwhile: tally.acknowledged });
  expect(figures.read_back).toBeGreaterThan(5);
});
