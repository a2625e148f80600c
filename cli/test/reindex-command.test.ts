import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openStorage } from '../../service/src/drivers/embedded/open-storage.ts';
import { connect } from '../../service/src/drivers/embedded/sqlite/connection.ts';
import { sampleRecord } from '../../service/test/support/sample-record.ts';
import { scratchFolder } from '../../service/test/support/scratch-folder.ts';
import { searchFor } from '../../service/test/support/search-for.ts';
import { silentLog } from '../../service/test/support/silent-log.ts';
import { runCommand } from '../src/run-command.ts';

async function called(env: Readonly<Record<string, string>>, ...args: string[]) {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const [out, errors]: [string[], string[]] = [[], []];
  const code = await runCommand(
    ['reindex', ...args],
    { write: (text) => out.push(text) },
    { write: (text) => errors.push(text) },
  );
  return { code, out: out.join(''), errors: errors.join('') };
}

/** A data folder with two images, of whose index somebody has made nonsense. */
async function brokenFolder() {
  const folder = await scratchFolder();
  onTestFinished(() => folder.remove());
  const storage = await openStorage(folder.path, silentLog);
  for (const title of ['Osprey', 'Heron']) await storage.index.insert(sampleRecord({ title }));
  await storage.close();
  const database = connect(join(folder.path, 'index.db'));
  database.exec(`INSERT INTO search (search) VALUES ('delete-all')`);
  database.close();
  return folder.path;
}

async function found(dataDir: string, text: string): Promise<number> {
  const { search, close } = await openStorage(dataDir, silentLog);
  const { hits } = await search.find(searchFor(text), 10, null);
  await close();
  return hits.length;
}

describe('tintype reindex', () => {
  test('makes the index of a data folder anew', async () => {
    const DATA_DIR = await brokenFolder();
    expect(await found(DATA_DIR, 'heron')).toBe(0);
    expect(await called({ DATA_DIR })).toEqual({ code: 0, out: '2 images in the index\n', errors: '' });
    expect(await found(DATA_DIR, 'heron')).toBe(1);
    const { code, out } = await called({ DATA_DIR }, '--json');
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { kind: 'embedded', made: false, images: 2, strays: 0, refused: 0 },
    ]);
  });

  test('leaves a folder alone that a server has open, and makes none', async () => {
    const DATA_DIR = await brokenFolder();
    const { close } = await openStorage(DATA_DIR, silentLog);
    const refused = await called({ DATA_DIR });
    await close();
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.errors).toContain('The reindexing has stopped');
    expect(await found(DATA_DIR, 'heron')).toBe(0);
    const nowhere = await called({ DATA_DIR: join(DATA_DIR, 'nowhere') });
    expect([nowhere.code, nowhere.out]).toEqual([1, '']);
  });

  test('says what is missing on AWS', async () => {
    const { code, errors } = await called({
      STORAGE: 'aws',
      IMAGES_BUCKET: 'images',
      AWS_REGION: 'us-east-1',
    });
    expect(code).toBe(1);
    expect(errors).toContain('OPENSEARCH_URL must be the URL');
  });

  test('explains itself, and says what it does not understand', async () => {
    const help = await called({}, '--help');
    expect(help.code).toBe(0);
    for (const part of ['DATA_DIR', 'OPENSEARCH_URL', 'its server must not run', 'Exit codes']) {
      expect(help.out).toContain(part);
    }
    for (const args of [['--fix'], ['now']]) {
      const { code, out, errors } = await called({}, ...args);
      expect([code, out]).toEqual([2, '']);
      expect(errors).toContain('reindex --help explains it');
    }
  });
});
