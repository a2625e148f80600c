import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newImageId } from '../service/src/domain/image-id.ts';
import { imageObjectKey, renditionObjectKey } from '../service/src/domain/object-key.ts';
import { PRESET_NAMES } from '../service/src/domain/rendition.ts';
import { presetFileName } from '../service/src/domain/rendition-name.ts';
import { OBJECTS } from '../service/src/drivers/embedded/disk/disk-object-store.ts';
import { pathOfKey } from '../service/src/drivers/embedded/disk/key-path.ts';
import { openStorage } from '../service/src/drivers/embedded/open-storage.ts';
import { usualRecord } from './usual-record.ts';

/** Records that are written at the same time: as many as one commit may well hold. */
const AT_ONCE = 250;

export interface Filling {
  readonly count: number;
  /** The file whose bytes all of them have. */
  readonly file: string;
  readonly users: readonly string[];
  /** A file whose bytes their renditions have; left out: they have none. */
  readonly rendition?: string;
}

/**
 * Puts images into a data folder that no server has open, as uploads and what is made of them leave it, in a part of
 * the time: with files of their own, and without a sync of each.
 * @returns their ids, of the users by turns.
 */
export async function fillFolder(dataDir: string, { count, ...filling }: Filling): Promise<string[]> {
  const bytes = await readFile(filling.file);
  const rendition = filling.rendition === undefined ? undefined : await readFile(filling.rendition);
  const checksum_sha256 = createHash('sha256').update(bytes).digest('hex');
  const log = () => {};
  const storage = await openStorage(dataDir, { info: log, warn: log, error: log });
  const made = new Set<string>();
  const store = async (key: string, content: Uint8Array) => {
    const path = join(dataDir, OBJECTS, pathOfKey(key));
    const folder = dirname(path);
    if (!made.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
    made.add(folder);
    await writeFile(path, content, { mode: 0o600 });
  };
  const one = async (at: number): Promise<string> => {
    const image_id = newImageId(Date.now());
    const user_id = filling.users[at % filling.users.length] ?? 'user';
    const record = {
      ...usualRecord({ image_id, user_id, upload_time: new Date().toISOString(), tags: ['sea', 'sunset'] }),
      ...{ size_bytes: bytes.length, checksum_sha256 },
      presets: rendition ? ({ format: 'webp', names: PRESET_NAMES } as const) : null,
    };
    await store(imageObjectKey(user_id, image_id, 1), bytes);
    for (const name of rendition ? PRESET_NAMES : []) {
      await store(renditionObjectKey(user_id, image_id, 1, presetFileName(name, 'webp')), rendition ?? bytes);
    }
    await storage.index.insert(record);
    return image_id;
  };
  const ids: string[] = [];
  for (let at = 0; at < count; at += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_unused, index) => one(at + index));
    ids.push(...(await Promise.all(batch)));
  }
  await storage.close();
  return ids;
}
