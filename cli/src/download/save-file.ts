import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, link, lstat, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperatorError } from '../../../service/src/domain/operator-error.ts';
import { fileDigest } from '../upload/file-digest.ts';

/** Bytes that are to have this SHA-256 and no other. */
export interface ExpectedBytes {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly checksum: string | null;
}

/** Thrown where there is a file of that name already. */
export class FileThere extends OperatorError {
  override readonly name = 'FileThere';

  constructor(path: string) {
    super(`${path} is there already; --force overwrites it.`);
  }
}

/**
 * Writes a file that is there whole or not at all: under a name of its own first, beside its place.
 * @param force whether it may take the place of another.
 * @throws FileThere, and OperatorError where the bytes are not those that were expected.
 */
export async function saveFile(
  path: string,
  { chunks, checksum }: ExpectedBytes,
  force: boolean,
): Promise<void> {
  const temporary = join(dirname(path), `.tintype-${randomBytes(8).toString('hex')}.part`);
  try {
    const arrived = await writeFile(temporary, chunks);
    if (checksum !== null && arrived !== checksum) {
      throw new OperatorError('The bytes that came are not those that the service has: try again.');
    }
    await (force ? rename(temporary, path) : putIntoFreePlace(temporary, path));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The SHA-256 of what was written, in hex. */
async function writeFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'wx');
    for await (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    return hash.digest('hex');
  } finally {
    await file?.close();
  }
}

/** What file systems without hard links say to one. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Unlike a rename, a link never takes another file's place. */
async function putIntoFreePlace(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') throw new FileThere(path);
    if (!NO_LINKS.includes(code)) throw error;
    if (await isThere(path)) throw new FileThere(path);
    await rename(temporary, path);
  }
}

/** Whether there is something of that name, be it a link that leads nowhere. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** Whether the file is there and has these bytes. */
export async function hasBytes(path: string, size: number, checksum: string | null): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== size || checksum === null) return false;
  return (await fileDigest(path)) === checksum;
}
