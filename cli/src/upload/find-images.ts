import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sniffType } from '../../../service/src/domain/image-header.ts';

/** A file of this machine that is an image by its first bytes. */
export interface LocalImage {
  readonly path: string;
  /** Bytes, as of when it was found. */
  readonly size: number;
  /** When it was last changed, in milliseconds since 1970. */
  readonly changed: number;
  /** It was named itself, not the folder that it is in. */
  readonly isNamed: boolean;
}

export interface FoundImages {
  readonly images: readonly LocalImage[];
  /** Files and folders whose names begin with a dot. */
  readonly hidden: number;
  /** Files that are no images of a type that Tintype knows, and what is no file at all. */
  readonly others: number;
  /** What was named, or is in a folder, and could not be looked at. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

/** The longest part of a file that says its type: the `ftyp` box of an AVIF, with its brands. */
const HEAD_BYTES = 1024;

interface Walk {
  readonly images: LocalImage[];
  hidden: number;
  others: number;
  readonly problems: { path: string; reason: string }[];
  /** Folders by device and number: one that a link leads back to is walked once. */
  readonly walked: Set<string>;
}

/**
 * The images among these files, and below these folders, in the order of their names. Links are followed, each folder
 * is walked once, and what is hidden is passed over unless it was named itself.
 */
export async function findImages(named: readonly string[]): Promise<FoundImages> {
  const walk: Walk = { images: [], hidden: 0, others: 0, problems: [], walked: new Set() };
  for (const path of named) await look(walk, path, true);
  const { walked: _, ...found } = walk;
  return found;
}

async function look(walk: Walk, path: string, isNamed: boolean): Promise<void> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return await lookInto(walk, path, `${found.dev}:${found.ino}`);
    const isImage = found.isFile() && (await isImageFile(path));
    if (isImage) walk.images.push({ path, size: found.size, changed: found.mtimeMs, isNamed });
    else if (isNamed) walk.problems.push({ path, reason: 'is not a JPEG, PNG, WebP, GIF or AVIF image' });
    else walk.others++;
  } catch (error) {
    walk.problems.push({ path, reason: fileReason(error) });
  }
}

async function lookInto(walk: Walk, folder: string, identity: string): Promise<void> {
  if (walk.walked.has(identity)) return;
  walk.walked.add(identity);
  const names = await readdir(folder);
  for (const name of names.sort()) {
    if (name.startsWith('.')) walk.hidden++;
    else await look(walk, join(folder, name), false);
  }
}

async function isImageFile(path: string): Promise<boolean> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const head = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    return sniffType(head.subarray(0, bytesRead)) !== undefined;
  } finally {
    await file?.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  ELOOP: 'is a link that leads to itself',
};

/** Why a file could not be read, to be said after its name. */
export function fileReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? `cannot be read: ${message}`;
}
