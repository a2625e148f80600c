import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runRestore } from '../../src/compose/backup.ts';
import { openEmbeddedHome } from '../../src/compose/embedded.ts';
import { readConfig } from '../../src/config/config.ts';
import type { ImageRecord } from '../../src/domain/image.ts';
import { pathOfKey } from '../../src/drivers/embedded/disk/key-path.ts';
import { openStorage } from '../../src/drivers/embedded/open-storage.ts';
import { connect } from '../../src/drivers/embedded/sqlite/connection.ts';
import { migrate, SCHEMA_VERSION } from '../../src/drivers/embedded/sqlite/migrations.ts';
import { createApp } from '../../src/http/app.ts';
import { presetFilesOf, versionsByObject } from '../../src/operations/maintenance/image-objects.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { silentLog } from '../support/silent-log.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { findingsIn } from '../torture/support/examined-folder.ts';

const VERSIONS = globSync('version-*.sql', { cwd: import.meta.dirname })
  .map((name) => Number(/\d+/.exec(name)?.[0]))
  .sort((a, b) => a - b);

/** Which have come since, by the words of decision 0020 and the doctor's page. */
const RENDITIONS_SINCE = 5;

async function newFolder(): Promise<string> {
  const folder = await scratchFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}

/** A database as a release with that version has left it. */
async function writeDatabase(folder: string, version: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  using database = new DatabaseSync(join(folder, 'index.db'));
  database.exec('PRAGMA foreign_keys = OFF');
  database.exec(await readFile(join(import.meta.dirname, `version-${version}.sql`), 'utf8'));
}

/** The bytes that its records name; of presets anything does. */
async function writeObjects(folder: string, records: readonly ImageRecord[]): Promise<void> {
  for (const record of records.filter(({ status }) => status !== 'pending')) {
    for (const { object_key, content_type } of [...versionsByObject(record), ...presetFilesOf(record)]) {
      const path = join(folder, 'objects', pathOfKey(object_key));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, SMALL_IMAGES[content_type].bytes);
    }
  }
}

/** Opens it with this release, which brings it up to date. */
async function recordsOf(folder: string): Promise<ImageRecord[]> {
  const storage = await openStorage(folder, silentLog);
  const records: ImageRecord[] = [];
  for await (const record of storage.walk.walk()) records.push(record);
  await storage.close();
  return records;
}

const schemaOf = (database: DatabaseSync) =>
  database.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY type, name').all();

test('there is a database of each version that was released before this one', () => {
  expect(VERSIONS).toEqual([1, 4, 5, 6, 7, 8]);
  expect(SCHEMA_VERSION - 1).toBe(VERSIONS.at(-1));
});

describe.each(VERSIONS)('a data folder of schema version %d', (version) => {
  test('gets the schema of a new one: no step was changed since it was released', async () => {
    const folder = await newFolder();
    await writeDatabase(folder, version);
    using upgraded = connect(join(folder, 'index.db'));
    migrate(upgraded);
    using made = new DatabaseSync(':memory:');
    migrate(made);
    expect(schemaOf(upgraded)).toEqual(schemaOf(made));
    expect(upgraded.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    expect(upgraded.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  });

  test('is served as if it had been written today', async () => {
    const folder = await newFolder();
    await writeDatabase(folder, version);
    const records = await recordsOf(folder);
    await writeObjects(folder, records);
    const home = await openEmbeddedHome(readConfig({}), { kind: 'embedded', dataDir: folder }, silentLog);
    const app = createApp(home.contextFor('http://127.0.0.1:3000'));
    const get = async (path: string) => {
      const response = await app.request(path, { headers: { host: '127.0.0.1' } });
      expect(response.status, path).toBe(200);
      return response;
    };
    const titles = async (query: string) => {
      const { items } = (await (await get(`/images?${query}`)).json()) as {
        items: { title: string | null }[];
      };
      return items.map(({ title }) => title);
    };
    expect(await titles('')).toEqual(['Heron', 'Blåsippa', 'Osprey at dusk']);
    expect(await titles('user_id=alice&tag=bird')).toEqual(['Heron', 'Osprey at dusk']);
    expect(await titles('q=blasippa')).toEqual(['Blåsippa']);
    expect(await titles('user_id=alice&q=osprey')).toEqual(['Osprey at dusk']);
    for (const { image_id, content_type } of records.filter(
      ({ status, deleted_at }) => status === 'ready' && !deleted_at,
    )) {
      const { url } = (await (await get(`/images/${image_id}`)).json()) as { url: string };
      const bytes = await (await get(url.slice('http://127.0.0.1:3000'.length))).arrayBuffer();
      expect(Buffer.from(bytes).equals(SMALL_IMAGES[content_type].bytes)).toBe(true);
    }
    const stored = await app.request('/images/upload?user_id=alice&tags=bird&title=New', {
      method: 'POST',
      headers: { 'content-type': 'image/png', host: '127.0.0.1' },
      body: new Uint8Array(SMALL_IMAGES['image/png'].bytes),
    });
    expect(stored.status).toBe(201);
    expect(await titles('tag=bird')).toEqual(['New', 'Heron', 'Blåsippa', 'Osprey at dusk']);
    await home.workOff();
    await home.close();
    const findings = await findingsIn(folder);
    // An upload that was announced has ended long ago; images from before there were renditions are not processed.
    const expected = version < RENDITIONS_SINCE ? ['stuck-image', 'stuck-upload'] : ['stuck-upload'];
    expect(findings.filter(({ kind }) => !expected.includes(kind))).toEqual([]);
  });

  test('is restored from a backup', async () => {
    const [backup, restored] = [await newFolder(), join(await newFolder(), 'data')];
    await writeDatabase(backup, version);
    const twin = await newFolder();
    await writeDatabase(twin, version);
    const records = await recordsOf(twin);
    await writeObjects(backup, records);
    await writeFile(join(backup, 'backup.json'), '{}');
    vi.stubEnv('DATA_DIR', restored);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const done = await runRestore({ folder: backup, scrub: true, report: { progress() {} } }, silentLog);
    expect(done).toMatchObject({ images: records.length, lost: [] });
    expect(await recordsOf(restored)).toEqual(records);
  });
});
