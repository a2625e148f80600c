import { type FileHandle, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { countingDatabase } from '../../../test/support/counting-database.ts';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { recordingLog } from '../../../test/support/recording-log.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { bytesOf, put } from '../../../test/support/stored-bytes.ts';
import { ANONYMOUS } from '../../domain/caller.ts';
import { newImageId } from '../../domain/image-id.ts';
import { JOB_KINDS, type JobKind } from '../../domain/job.ts';
import { imageObjectKey, renditionObjectKey } from '../../domain/object-key.ts';
import { PRESET_NAMES } from '../../domain/rendition.ts';
import { presetFileName } from '../../domain/rendition-name.ts';
import { createSigner } from '../../domain/signing.ts';
import { doJob, type JobDeps } from '../../operations/background/do-job.ts';
import { deleteImage } from '../../operations/delete-image.ts';
import { DiskObjectStore, prepareObjectFolders } from './disk/disk-object-store.ts';
import { createJobWorker } from './job-worker.ts';
import { GroupCommit } from './sqlite/group-commit.ts';
import { SqliteImageIndex } from './sqlite/sqlite-image-index.ts';
import { SqliteJobQueue } from './sqlite/sqlite-job-queue.ts';
import { SqliteQuotaLedger } from './sqlite/sqlite-quota-ledger.ts';
import { SqliteShareLinks } from './sqlite/sqlite-share-links.ts';
import { writeBatch } from './sqlite/write-batch.ts';

/** What is asked of the disk, in the order in which it is asked. */
const asked: string[] = [];
/** What a sync of a folder waits for. */
let gate: Promise<void> | undefined;

const counted = <Handle extends FileHandle>(file: Handle): Handle => {
  const { sync } = file;
  file.sync = async () => {
    asked.push('sync folder');
    await gate;
    return sync.call(file);
  };
  return file;
};

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const open: typeof original.open = async (...given) => counted(await original.open(...given));
  const names = ['access', 'opendir', 'readdir', 'rm', 'rmdir', 'stat', 'unlink'] as const;
  const named = names.map((name) => [
    name,
    (...given: unknown[]) => {
      asked.push(name);
      return (original[name] as (...values: unknown[]) => unknown)(...given);
    },
  ]);
  return { ...original, open, ...Object.fromEntries(named) };
});

afterEach(() => {
  asked.length = 0;
  gate = undefined;
});

const CONCURRENCY = Object.fromEntries(JOB_KINDS.map((kind) => [kind, 16])) as Record<JobKind, number>;

/** The parts of the home that a deletion touches, with so many processed images of one user in them. */
async function homeWith(folder: string, images: number, trashDays = 0) {
  await prepareObjectFolders(folder);
  const { database, writer, executed } = countingDatabase();
  const commits = new GroupCommit(async (commands) => writeBatch(database, writer, commands));
  const queue = new SqliteJobQueue(database, commits);
  const signer = createSigner(['a secret for tests, of 32 letters'], 'object-urls');
  const deps: JobDeps = {
    ...memoryDeps().deps,
    trashDays,
    index: new SqliteImageIndex(database, commits, queue),
    objects: new DiskObjectStore({ folder, publicUrl: 'http://127.0.0.1:3000', signer }),
    jobs: queue,
    quotas: new SqliteQuotaLedger(database, commits),
    links: new SqliteShareLinks(database, commits),
  };
  const ids: string[] = [];
  for (let n = 0; n < images; n++) {
    const image_id = newImageId(Date.now());
    const object_key = imageObjectKey('alice', image_id, 1);
    await put(deps.objects, object_key, bytesOf(10));
    for (const name of PRESET_NAMES) {
      const key = renditionObjectKey('alice', image_id, 1, presetFileName(name, 'webp'));
      await put(deps.objects, key, bytesOf(10));
    }
    await deps.index.insert({
      ...sampleRecord({ image_id, status: 'ready', tags: ['bird', 'dusk'] }),
      ...{ user_id: 'alice', object_key },
    });
    ids.push(image_id);
  }
  const log = recordingLog();
  const worker = createJobWorker({
    queue,
    work: (job, attempt) => doJob(deps, job, attempt),
    concurrency: CONCURRENCY,
    log,
  });
  const left = () => Number(database.prepare('SELECT count(*) AS n FROM jobs').get()?.['n']);
  const remove = (image_id: string, permanent: boolean) =>
    deleteImage(deps, ANONYMOUS, { image_id, permanent, if_match: undefined });
  return { ids, executed, worker, left, remove, log: log.entries };
}

/** What one deletion asks for, and then its withdrawal. */
async function costs(images: number, { permanent = true, trashDays = 0 } = {}) {
  await using scratch = await scratchFolder();
  const home = await homeWith(scratch.path, images, trashDays);
  // The first prepares statements and opens folders for those that come after.
  await home.remove(home.ids[0] ?? '', permanent);
  await home.worker.workOff();
  const ofPart = async (part: () => Promise<void>) => {
    asked.length = 0;
    home.executed.length = 0;
    await part();
    return { disk: [...asked], sql: [...home.executed] };
  };
  const deletion = await ofPart(() => home.remove(home.ids[1] ?? '', permanent));
  const withdrawal = await ofPart(() => home.worker.workOff());
  expect([home.left(), home.log]).toEqual([0, []]);
  const names = await readdir(join(scratch.path, 'objects', '.renditions', 'alice'));
  return { deletion, withdrawal, folders: names.length };
}

const commitsOf = ({ sql }: { readonly sql: readonly string[] }) =>
  sql.filter((each) => each === 'COMMIT').length;

test('a deletion for good waits for one file, one sync and one commit', async () => {
  const { deletion } = await costs(3);
  expect(deletion.disk).toEqual(['unlink', 'sync folder']);
  expect(commitsOf(deletion)).toBe(1);
  expect(deletion.sql).toEqual([
    'SELECT i.image_id, u.user_id,',
    'BEGIN IMMEDIATE',
    'SELECT image, user,',
    'SELECT tag AS',
    'DELETE FROM image_tags',
    'DELETE FROM user_tags',
    'SELECT tag AS',
    'DELETE FROM image_tags',
    'DELETE FROM user_tags',
    'DELETE FROM search',
    'DELETE FROM images',
    'UPDATE users SET',
    'INSERT INTO jobs',
    'INSERT INTO audit',
    'UPDATE clock SET',
    'COMMIT',
  ]);
});

test('its withdrawal removes four renditions and their folder by one sync, and by one commit that it is done', async () => {
  const { withdrawal, folders } = await costs(3);
  expect(withdrawal.disk).toEqual(['readdir', ...Array(4).fill('unlink'), 'rmdir', 'sync folder']);
  expect(commitsOf(withdrawal)).toBe(1);
  expect(withdrawal.sql.filter((sql) => /^(?:DELETE|INSERT|UPDATE)/.test(sql))).toEqual(['DELETE FROM jobs']);
  expect(folders).toBe(1);
});

test('into the trash it waits for a commit alone, and nothing is looked for afterwards', async () => {
  const { deletion, withdrawal, folders } = await costs(3, { permanent: false, trashDays: 30 });
  expect([deletion.disk, commitsOf(deletion)]).toEqual([[], 1]);
  expect([withdrawal.disk, commitsOf(withdrawal)]).toEqual([[], 1]);
  expect(folders).toBe(3);
});

test.each([
  ['for good', {}],
  ['into the trash', { permanent: false, trashDays: 30 }],
])('a deletion %s costs the same, however many other images the user has', async (_how, options) => {
  const few = await costs(2, options);
  const many = await costs(100, options);
  expect(many.deletion).toEqual(few.deletion);
  expect(many.withdrawal).toEqual(few.withdrawal);
});

test('withdrawals at the same time share two syncs of the folder above', async () => {
  await using scratch = await scratchFolder();
  const home = await homeWith(scratch.path, 20);
  for (const id of home.ids.slice(0, 16)) await home.remove(id, true);
  asked.length = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  home.worker.start();
  // The first sync began before the others had removed their folders; they wait for the next.
  await vi.waitFor(() => expect(asked.filter((each) => each === 'rmdir')).toHaveLength(16));
  resolve();
  await vi.waitFor(() => expect(home.left()).toBe(0));
  await home.worker.stop();
  expect(asked.filter((each) => each === 'sync folder')).toHaveLength(2);
  expect(await readdir(join(scratch.path, 'objects', '.renditions', 'alice'))).toHaveLength(4);
});
