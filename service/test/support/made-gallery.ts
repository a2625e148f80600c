import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type GalleryFor, openGallery } from '../../src/compose/gallery.ts';
import type { BytesOrigins } from '../../src/compose/home.ts';
import { readServerConfig } from '../../src/config/server.ts';
import type { Log } from '../../src/ports/log.ts';
import type { HomeOptions } from './homes.ts';
import { scratchFolder } from './scratch-folder.ts';
import { silentLog } from './silent-log.ts';

/** Some of it longer than a packet, so that it is worth compressing; a file that is compressed, and a nameless one. */
export const BUILD: Readonly<Record<string, string>> = {
  'index.html': `<!doctype html><title>Tintype</title><script type="module" src="./assets/index-Cm0dE1Aa.js"></script>${'<!-- long -->'.repeat(200)}`,
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'assets/index-Cm0dE1Aa.js': 'console.log("a line of a script");\n'.repeat(300),
  'assets/index-Bb1dE2Bb.css': 'body { margin: 0 }\n',
  'assets/photo-Dd2dE3Cc.webp': 'not really a picture, but long enough to be worth it '.repeat(100),
  'assets/unknown-Ee3dE4Dd.xyz': 'what has no type of ours',
};

/** Beside the build, where nobody may come. */
export const SECRET = 'not-for-anybody.txt';

const NOWHERE: BytesOrigins = { fetched: [], sent: [] };

export interface MadeGallery {
  /** Of a server with these variables, whose images' bytes are elsewhere if that is said. */
  open(variables?: Readonly<Record<string, string>>, log?: Log): Promise<GalleryFor>;
  /** For `useHome`: a home with these variables that shows the gallery. */
  home(variables?: Readonly<Record<string, string>>, bytes?: BytesOrigins): () => HomeOptions;
}

/** A build of the gallery for the suite that calls this. @param build its files; none: there is no folder. */
export function useMadeGallery(build: Readonly<Record<string, string>> | undefined = BUILD): MadeGallery {
  let folder = '';
  const asked: (() => Promise<void>)[] = [];
  const open: MadeGallery['open'] = (variables = {}, log = silentLog) =>
    openGallery(readServerConfig(variables), log, join(folder, 'dist'));
  beforeAll(async () => {
    const scratch = await scratchFolder();
    folder = scratch.path;
    await writeFile(join(folder, SECRET), 'secret');
    for (const [name, text] of Object.entries(build)) {
      const path = join(folder, 'dist', name);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, text);
    }
    for (const each of asked) await each();
  });
  afterAll(() => rm(folder, { recursive: true }));
  return {
    open,
    home(variables = {}, bytes = NOWHERE) {
      let galleryFor: GalleryFor | undefined;
      asked.push(async () => {
        galleryFor = await open(variables);
      });
      const config = readServerConfig({
        PUBLIC_URL: 'http://127.0.0.1:3000',
        LOG_LEVEL: 'silent',
        ...variables,
      });
      return () => ({
        config,
        around: (context) => ({ ...context, gallery: galleryFor?.(context, bytes) }),
      });
    },
  };
}
