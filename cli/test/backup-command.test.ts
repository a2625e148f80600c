import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ImageRecord } from '../../service/src/domain/image.ts';
import { newImageId } from '../../service/src/domain/image-id.ts';
import { imageObjectKey } from '../../service/src/domain/object-key.ts';
import { createSigner } from '../../service/src/domain/signing.ts';
import { DiskObjectStore } from '../../service/src/drivers/embedded/disk/disk-object-store.ts';
import { openStorage } from '../../service/src/drivers/embedded/open-storage.ts';
import { sampleRecord } from '../../service/test/support/sample-record.ts';
import { scratchFolder } from '../../service/test/support/scratch-folder.ts';
import { silentLog } from '../../service/test/support/silent-log.ts';
import { bytesOf, propertiesOf, put } from '../../service/test/support/stored-bytes.ts';
import { runCommand } from '../src/run-command.ts';

let scratch: string;
let dataDir: string;
let backups: string;

beforeEach(async () => {
  const folder = await scratchFolder();
  onTestFinished(() => folder.remove());
  scratch = folder.path;
  dataDir = join(scratch, 'data');
  backups = join(scratch, 'backups', 'tintype');
});

async function called(env: Readonly<Record<string, string>>, ...args: string[]) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const [out, errors]: [string[], string[]] = [[], []];
  const code = await runCommand(
    args,
    { write: (text) => out.push(text) },
    { write: (text) => errors.push(text) },
  );
  return { code, out: out.join(''), errors: errors.join('') };
}

const backUp = (...more: string[]) => called({ DATA_DIR: dataDir }, 'backup', backups, ...more);
const restoreTo = (DATA_DIR: string, ...more: string[]) => called({ DATA_DIR }, 'restore', backups, ...more);

function storeOf(folder: string): DiskObjectStore {
  return new DiskObjectStore({ folder, publicUrl: '', signer: createSigner([''], 'object-urls') });
}

function newRecord(bytes: Buffer): ImageRecord {
  const image_id = newImageId(Date.now());
  const { checksum_sha256 } = propertiesOf(bytes);
  const object_key = imageObjectKey('alice', image_id, 1);
  const accepted_at = new Date().toISOString();
  const size_bytes = bytes.length;
  return sampleRecord({ image_id, user_id: 'alice', size_bytes, checksum_sha256, object_key, accepted_at });
}

/** As a server stores one, but at its own pace. */
async function store(bytes: Buffer): Promise<ImageRecord> {
  const record = newRecord(bytes);
  const storage = await openStorage(dataDir, silentLog);
  await put(storeOf(dataDir), record.object_key, bytes);
  await storage.index.insert(record);
  await storage.close();
  return record;
}

async function filesBelow(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.sort().map(async (path) => [path, await readFile(path, 'hex')] as const)),
  );
}

describe('tintype backup, and tintype restore', () => {
  test('a folder that is restored is as it was, with its secret, and its limits', async () => {
    const [one, two] = [await store(bytesOf(100)), await store(bytesOf(2_000_000))];
    const storage = await openStorage(dataDir, silentLog);
    await storage.quotas.setLimits('alice', { max_images: 7, max_bytes: undefined });
    await storage.close();
    expect(await backUp('--scrub')).toEqual({
      code: 0,
      out: `2 images with 2 objects of ${dataDir} are backed up\n2 objects (2.0 MB) copied, 0 objects of an earlier backup removed\n`,
      errors: '',
    });
    const before = await filesBelow(backups);

    const restored = join(scratch, 'restored');
    expect(await restoreTo(restored, '--scrub')).toEqual({
      code: 0,
      out: `2 images with 2 objects (2.0 MB) are in ${restored}\n`,
      errors: '',
    });
    expect(await filesBelow(backups)).toEqual(before);
    expect(await readFile(join(restored, 'signing-secret'))).toEqual(
      await readFile(join(dataDir, 'signing-secret')),
    );
    const again = await openStorage(restored, silentLog);
    for (const record of [one, two]) expect(await again.index.get(record.image_id)).toStrictEqual(record);
    expect((await again.quotas.usageOf('alice')).limits).toMatchObject({ max_images: 7 });
    await again.close();
    const doctor = await called({ DATA_DIR: restored }, 'doctor', '--scrub');
    expect(doctor).toEqual({ code: 0, out: '2 records, 2 objects, 1 user: all is right\n', errors: '' });
  });

  test('a backup is brought up to date: what it has is not copied again, and what was deleted goes', async () => {
    const [kept, deleted] = [await store(bytesOf(100)), await store(bytesOf(200))];
    await backUp();
    const storage = await openStorage(dataDir, silentLog);
    await storeOf(dataDir).delete(deleted.object_key);
    await storage.index.remove(deleted);
    await storage.close();
    const added = await store(bytesOf(300));
    const { code, out } = await backUp('--json');
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { images: 2, objects: 2, copied: 1, copiedBytes: 300, dropped: 1, rounds: 1, lost: [], findings: [] },
    ]);
    const names = await readdir(join(backups, 'objects', 'alice'));
    expect(names.sort()).toEqual([kept.image_id, added.image_id].sort());
  });

  test('what a backup that was cut off has left is read before it is believed', async () => {
    const record = await store(bytesOf(100));
    await backUp();
    const path = join(backups, 'objects', record.object_key);
    await rm(join(backups, 'index.db'));
    await writeFile(path, Buffer.alloc(100));
    const cutOff = await restoreTo(join(scratch, 'restored'));
    expect(cutOff).toMatchObject({
      code: 1,
      errors: expect.stringContaining('was cut off before it was whole'),
    });
    expect(await backUp()).toMatchObject({ code: 0 });
    expect((await readFile(path)).equals(bytesOf(100))).toBe(true);
  });

  test('a restore tells what the backup has lost, and restores all else', async () => {
    const [lost, whole] = [await store(bytesOf(100)), await store(bytesOf(200))];
    await backUp();
    await rm(join(backups, 'objects', lost.object_key));
    const restored = join(scratch, 'restored');
    const { code, errors } = await restoreTo(restored);
    expect(code).toBe(1);
    expect(errors).toContain(`image ${lost.image_id}: the bytes of version 1 are not there`);
    expect(await readdir(join(restored, 'objects', 'alice'))).toEqual([whole.image_id]);
  });

  test('a restore that was cut off is done again', async () => {
    const record = await store(bytesOf(100));
    await backUp();
    const restored = join(scratch, 'restored');
    const half = join(restored, 'objects', record.object_key);
    await mkdir(dirname(half), { recursive: true });
    await writeFile(half, 'half');
    await writeFile(join(restored, 'index.db.new'), 'half');
    expect(await restoreTo(restored)).toMatchObject({ code: 0, errors: '' });
    expect((await readFile(half)).equals(bytesOf(100))).toBe(true);
  });
});

describe('nothing is overwritten', () => {
  test('a folder that holds something else takes no backup', async () => {
    await store(bytesOf(100));
    await mkdir(backups, { recursive: true });
    await writeFile(join(backups, 'letter.txt'), 'dear');
    const { code, errors } = await backUp();
    expect([code, errors]).toEqual([1, expect.stringContaining('holds something that is no backup')]);
    expect(await readdir(backups)).toEqual(['letter.txt']);
  });

  test.each([
    ['in the data folder', () => join(dataDir, 'backup')],
    ['around the data folder', () => scratch],
    ['the data folder itself', () => dataDir],
  ])('a backup is not %s', async (_where, into) => {
    await store(bytesOf(100));
    const before = await readdir(dataDir);
    const { code, errors } = await called({ DATA_DIR: dataDir }, 'backup', into());
    expect([code, errors]).toEqual([1, expect.stringContaining('a folder of its own')]);
    expect(await readdir(dataDir)).toEqual(before);
  });

  test('a data folder that holds images, or is in use, is not restored into', async () => {
    await store(bytesOf(100));
    await backUp();
    expect(await restoreTo(dataDir)).toMatchObject({
      code: 1,
      errors: expect.stringContaining('holds images already'),
    });
    const other = join(scratch, 'other');
    const storage = await openStorage(other, silentLog);
    onTestFinished(() => storage.close());
    expect((await restoreTo(other)).code).toBe(1);
  });

  test('no server runs on a backup, and a folder without one is not restored', async () => {
    await store(bytesOf(100));
    await backUp();
    await expect(openStorage(backups, silentLog)).rejects.toThrow(`tintype restore ${backups}`);
    const none = join(scratch, 'none');
    expect(await called({ DATA_DIR: none }, 'restore', dataDir)).toMatchObject({
      code: 1,
      errors: expect.stringContaining('holds no backup'),
    });
    expect(existsSync(none)).toBe(false);
  });

  test('a backup of a newer release is refused, and makes no data folder', async () => {
    await store(bytesOf(100));
    await backUp();
    const database = new DatabaseSync(join(backups, 'index.db'));
    database.exec('PRAGMA user_version = 1000');
    database.close();
    const restored = join(scratch, 'restored');
    const { code, errors } = await restoreTo(restored);
    expect([code, errors]).toEqual([1, expect.stringContaining('written by a newer release')]);
    expect(existsSync(join(restored, 'index.db'))).toBe(false);
  });
});

test.each(['backup', 'restore'])('%s explains itself, and says what it does not understand', async (name) => {
  const help = await called({}, name, '--help');
  expect([help.code, help.out]).toEqual([0, expect.stringContaining('Exit codes')]);
  for (const args of [[], ['a', 'b'], ['a', '--all']]) {
    const { code, out, errors } = await called({}, name, ...args);
    expect([code, out]).toEqual([2, '']);
    expect(errors).toContain(`tintype ${name} --help explains it`);
  }
  const aws = { STORAGE: 'aws', IMAGES_BUCKET: 'a-bucket', AWS_REGION: 'eu-west-1' };
  expect(await called(aws, name, 'folder')).toMatchObject({
    code: 1,
    errors: expect.stringContaining('point-in-time recovery'),
  });
});
