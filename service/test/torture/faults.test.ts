import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { checksumAt, sha256 } from '../process/calls.ts';
import { type ServerProcess, startServerProcess, storedFiles } from '../support/server-process.ts';
import { breakingDisk } from './support/breaking-disk.ts';
import { UNTIL_SETTLED } from './support/crash-checks.ts';
import { findingsIn, untilJobsAreDone } from './support/examined-folder.ts';
import {
  expectBack,
  expectFailing,
  expectFailure,
  newPng,
  upload,
  usageOf,
  witness,
} from './support/faulty-server.ts';
import { smallDisk } from './support/small-disk.ts';
import { needsStrace, ONE_FILE_THREAD, watchCalls } from './support/strace.ts';
import { onlyUnderTorture, report, skip } from './support/torture.ts';

const MIB = 1024 * 1024;

const figures = { faults: 0, acknowledged_and_lost: 0, came_back: 0 };

/** Nothing is left of a fault for a doctor to find. */
async function expectWhole(dataDir: string): Promise<void> {
  await expect.poll(() => findingsIn(dataDir), UNTIL_SETTLED).toEqual([]);
  figures.faults++;
  figures.came_back++;
  report('faults', figures);
}

describe('while it lasts, nothing is acknowledged, reads go on, /ready is red; afterwards it comes back by itself', {
  timeout: 120_000,
}, () => {
  test.for([
    ['no sync succeeds', 'fsync,fdatasync:error=EIO'],
    ['no record can be written for an I/O error', 'pwrite64:error=EIO'],
    ['no record can be written for want of room', 'pwrite64:error=ENOSPC'],
    ['no file can be opened for want of room', 'openat:error=ENOSPC'],
    ['the disk is read-only', 'openat,mkdir,rename,link,unlink:error=EROFS'],
  ] as const)('%s', async ([_what, inject], context) => {
    needsStrace(context);
    const server = await startServerProcess({ env: ONE_FILE_THREAD });
    const known = await witness(server);
    const watched = await watchCalls(server.pid, inject);
    if (inject.startsWith('openat')) {
      // Reading opens files as well: what is there is served by whoever has it open, or not at all.
      await expectFailure(await upload(server));
      await expectFailure(await fetch(`${server.url}/ready`), [503]);
      expect((await fetch(`${server.url}/images/${known.image_id}`)).status).toBeGreaterThan(0);
    } else await expectFailing(server, known);
    await watched.end();
    await expectBack(server, known);
    await expectWhole(server.dataDir);
  });

  test('the disk is full', async (context) => {
    const disk = await smallDisk(context, 'size=8m');
    const server = await startServerProcess({ dataDir: join(disk.folder, 'data') });
    const known = await witness(server);
    await fill(() => upload(server, 'alice', newPng(MIB / 2)));
    await fill(() => upload(server, 'alice', newPng(8000)));
    await fill(() => upload(server, 'alice', newPng(300)));
    await expectFailing(server, known);
    disk.remount('size=64m');
    await expectBack(server, known);
    await expectWhole(server.dataDir);
  });

  test('the disk has no inodes left', async (context) => {
    const disk = await smallDisk(context, 'size=64m,nr_inodes=60');
    const server = await startServerProcess({ dataDir: join(disk.folder, 'data') });
    const known = await witness(server);
    await fill(() => upload(server, 'alice', newPng(300)));
    await expectFailing(server, known);
    disk.remount('nr_inodes=1000');
    await expectBack(server, known);
    await expectWhole(server.dataDir);
  });

  test('the disk is mounted read-only, and writable again', async (context) => {
    const disk = await smallDisk(context, 'size=64m');
    const server = await startServerProcess({ dataDir: join(disk.folder, 'data') });
    const known = await witness(server);
    const acknowledged = await uploadSome(server);
    const turnBack = disk.turnReadOnly();
    for (const size of [300, 20_000, 3 * MIB])
      await expectFailure(await upload(server, 'alice', newPng(size)));
    await expectFailing(server, known);
    await expectThere(server, acknowledged);
    turnBack();
    await expectBack(server, known);
    await expectThere(server, acknowledged);
    await expectWhole(server.dataDir);
  });

  test('another process has the database locked', async (context) => {
    // Each write waits for the lock for some seconds before it is given up.
    onlyUnderTorture(context);
    const server = await startServerProcess();
    const known = await witness(server);
    const other = new DatabaseSync(join(server.dataDir, 'index.db'));
    other.exec('BEGIN IMMEDIATE');
    await expectFailing(server, known);
    other.exec('ROLLBACK');
    other.close();
    await expectBack(server, known);
    await expectWhole(server.dataDir);
  });

  test('no more files may be open', async (context) => {
    if (spawnSync('prlimit', ['--version']).error) skip(context, 'there is no prlimit on this machine');
    const server = await startServerProcess();
    const known = await witness(server);
    const usage = await usageOf(server);
    // Below what are open already: no other can be.
    limitFiles(server.pid, '10:');
    await expectFailure(await upload(server));
    await expectFailure(await fetch(`${server.url}/ready`), [503]);
    limitFiles(server.pid, '4096:');
    await expectBack(server, known);
    await expectWhole(server.dataDir);
    expect(usage).toMatchObject({ images: 0 });
  });
});

test('where the disk has broken and turned read-only, all that was acknowledged is there once it is repaired', {
  timeout: 60_000,
}, async (context) => {
  const disk = await breakingDisk(context);
  const dataDir = join(disk.folder, 'data');
  const server = await startServerProcess({ dataDir });
  const known = await witness(server);
  const acknowledged = await uploadSome(server);
  const usage = await usageOf(server);
  await disk.turnReadOnly();
  // Also what is open already can be written no more.
  await expectFailing(server, known);
  const changing = {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: '{"title":"b"}',
  };
  await expectFailure(await fetch(`${server.url}/images/${known.image_id}`, changing));
  await expectFailure(await fetch(`${server.url}/images/${known.image_id}`, { method: 'DELETE' }));
  await expectThere(server, acknowledged);
  await server.kill();
  disk.repair();
  const next = await startServerProcess({ dataDir });
  await expectThere(next, acknowledged);
  expect(await usageOf(next)).toEqual(usage);
  await expectBack(next, await witness(next));
  expect((await fetch(`${next.url}/images/${known.image_id}`)).status).toBe(200);
  await expectWhole(dataDir);
  expect(await next.stop()).toBe(0);
});

test('a deletion that was refused when its bytes were gone is finished at once, by itself', {
  timeout: 60_000,
}, async (context) => {
  needsStrace(context);
  const server = await startServerProcess({ env: ONE_FILE_THREAD });
  const { image_id } = await witness(server);
  await untilJobsAreDone(server.dataDir);
  const watched = await watchCalls(server.pid, 'pwrite64:error=EIO:when=1');
  await expectFailure(await fetch(`${server.url}/images/${image_id}`, { method: 'DELETE' }), [503]);
  await watched.end();
  // Far less than the minute that other clean-ups wait.
  await expect
    .poll(async () => (await fetch(`${server.url}/images/${image_id}`)).status, UNTIL_SETTLED)
    .toBe(404);
  // What was made of the image goes by a job.
  await untilJobsAreDone(server.dataDir);
  expect((await storedFiles(server.dataDir)).objects).toEqual([]);
  await expectWhole(server.dataDir);
});

/** @returns the sums of what has been acknowledged, by id. */
async function uploadSome(server: ServerProcess): Promise<Map<string, string>> {
  const acknowledged = new Map<string, string>();
  for (const size of [300, 20_000, 150_000, 3 * MIB]) {
    const bytes = newPng(size);
    const response = await upload(server, 'alice', bytes);
    expect(response.status).toBe(201);
    acknowledged.set(((await response.json()) as { image_id: string }).image_id, sha256(bytes));
  }
  return acknowledged;
}

async function expectThere(server: ServerProcess, acknowledged: ReadonlyMap<string, string>): Promise<void> {
  for (const [image_id, sum] of acknowledged)
    expect(await checksumAt(`${server.url}/images/${image_id}/content`)).toBe(sum);
}

function limitFiles(pid: number, limit: string): void {
  const { status, stderr } = spawnSync('prlimit', [`--pid=${pid}`, `--nofile=${limit}`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Not limited: ${stderr}`);
}

/** Until there is no room for another. */
async function fill(one: () => Promise<Response>): Promise<void> {
  for (let stored = 0; stored < 200; stored++) {
    const response = await one();
    if (response.status === 201) {
      await response.body?.cancel();
      continue;
    }
    return expectFailure(response, [507]);
  }
  throw new Error('The disk does not become full.');
}
