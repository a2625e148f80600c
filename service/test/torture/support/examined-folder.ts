import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { objectKeysOf } from '../../../src/domain/image.ts';
import { JOB_KINDS, jobFromText } from '../../../src/domain/job.ts';
import { keyOfPath } from '../../../src/drivers/embedded/disk/key-path.ts';
import { openExamination } from '../../../src/drivers/embedded/open-examination.ts';
import { openReader } from '../../../src/drivers/embedded/open-for-reading.ts';
import { GroupCommit } from '../../../src/drivers/embedded/sqlite/group-commit.ts';
import { SqliteImageWalk } from '../../../src/drivers/embedded/sqlite/sqlite-image-walk.ts';
import { SqliteJobQueue } from '../../../src/drivers/embedded/sqlite/sqlite-job-queue.ts';
import { examineHome, type Finding } from '../../../src/operations/maintenance/examine-home.ts';

/** Far above what the jobs of a round take, also on a busy machine. */
const LONGEST_MS = 60_000;

/**
 * What the doctor finds in a folder that its server may be using; as strict as it can be: it is told of what has only
 * just been made as well, which the command leaves alone for a day.
 * @param before what has been made since is left alone, in milliseconds since 1970.
 */
export async function findingsIn(dataDir: string, before = Date.now() + 1000): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { close, ...home } = openExamination(dataDir);
  try {
    const settle = () => untilJobsAreDone(dataDir);
    const options = { mender: undefined, before, settle, scrub: false };
    await examineHome(home, options, (finding) => findings.push(finding));
  } finally {
    close();
  }
  return findings;
}

/** Waits until the folder's server has done every job that is due. */
export async function untilJobsAreDone(dataDir: string): Promise<void> {
  const reader = openReader(dataDir);
  const queue = new SqliteJobQueue(reader, new GroupCommit(() => Promise.reject(new Error('Only read.'))));
  try {
    const end = Date.now() + LONGEST_MS;
    while (JOB_KINDS.some((kind) => queue.due(kind, Date.now(), 1).length > 0)) {
      if (Date.now() > end) throw new Error(`Jobs are not done: ${JSON.stringify(queue.state())}`);
      await pause(20);
    }
  } finally {
    reader.close();
  }
}

/** The keys of the bytes that waiting jobs look after. */
export function cleanUpsOf(dataDir: string): string[] {
  const reader = openReader(dataDir);
  try {
    const rows = reader
      .prepare(`SELECT content FROM jobs WHERE kind = 'clean-up-object' AND is_dead = 0`)
      .all();
    const jobs = rows.map(({ content }) => jobFromText(String(content)));
    return jobs.flatMap((job) => (job.kind === 'clean-up-object' ? [job.object_key] : []));
  } finally {
    reader.close();
  }
}

/** As if all that jobs wait for had passed; while no server has the folder. */
export function haveJobsDue(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'index.db'));
  try {
    database.prepare('UPDATE jobs SET due_at = ? WHERE is_dead = 0').run(Date.now());
  } finally {
    database.close();
  }
}

/** The renditions that are there and cannot be whole: what a crash has cut off would be served as it is. */
export async function cutOffRenditions(dataDir: string): Promise<string[]> {
  const root = join(dataDir, 'objects', '.renditions');
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const cutOff: string[] = [];
  for (const entry of entries.filter((found) => found.isFile())) {
    const bytes = await readFile(join(entry.parentPath, entry.name)).catch(unlessGone);
    // What a RIFF file says of its own length: https://developers.google.com/speed/webp/docs/riff_container
    const isWhole = bytes === undefined || (bytes.length > 12 && bytes.readUInt32LE(4) + 8 === bytes.length);
    if (!isWhole) cutOff.push(join(entry.parentPath, entry.name));
  }
  return cutOff;
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** The keys of the bytes that records name, of all versions, and of those that are there; renditions apart. */
export async function bytesOf(
  dataDir: string,
): Promise<{ readonly named: string[]; readonly there: string[] }> {
  const reader = openReader(dataDir);
  const named = new Set<string>();
  try {
    for await (const record of new SqliteImageWalk(reader).walk()) {
      if (record.status === 'pending') continue;
      for (const key of objectKeysOf(record)) named.add(key);
    }
  } finally {
    reader.close();
  }
  const root = join(dataDir, 'objects');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const there = entries
    .filter((entry) => entry.isFile())
    .map((entry) => keyOfPath(relative(root, join(entry.parentPath, entry.name))) ?? entry.name)
    .filter((key) => !key.startsWith('.renditions/'));
  return { named: [...named].sort(), there: there.sort() };
}
