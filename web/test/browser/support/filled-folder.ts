import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Image } from '@tintype/client';
import { afterAll } from 'vitest';
import { startServerProcess, temporaryFolder } from '../../../../service/test/support/server-process.ts';
import { type Texts, uploaded } from './uploaded.ts';

export interface FilledFolder {
  /** A data folder of one's own, until the test ends. */
  readonly dataDir: string;
  /** What is in it, in the order in which it was uploaded. */
  readonly images: readonly Image[];
}

/** Pictures of these texts, uploaded and processed once for the suite that calls this, for each test to start with. */
export function useFilledFolder(texts: readonly Texts[]): { copy(): Promise<FilledFolder> } {
  const folders: string[] = [];
  let filled: Promise<FilledFolder> | undefined;
  const fill = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tintype-filled-'));
    folders.push(folder);
    const server = await startServerProcess({ dataDir: join(folder, 'data') });
    const images = await uploaded(createClient({ url: server.url }), texts);
    await server.stop();
    return { dataDir: server.dataDir, images };
  };
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));
  return {
    async copy() {
      filled ??= fill();
      const { dataDir, images } = await filled;
      const own = join(await temporaryFolder(), 'data');
      await cp(dataDir, own, { recursive: true });
      return { dataDir: own, images };
    },
  };
}
