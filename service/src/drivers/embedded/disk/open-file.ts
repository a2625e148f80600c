import { open } from 'node:fs/promises';
import type { OpenObject } from '../../../ports/object-store.ts';
import { diskFailure } from './failures.ts';

/** Large enough to keep a disk busy, small enough to hold for many readers at once. */
const PIECE = 256 * 1024;

/** A file open for reading, or undefined for what is not a file; it stays readable when it is unlinked. */
export async function openFile(path: string): Promise<OpenObject | undefined> {
  const file = await open(path, 'r');
  const status = await file.stat().catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  if (!status.isFile()) {
    await file.close();
    return undefined;
  }
  const { size, mtime, ino } = status;
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    const piece = Buffer.allocUnsafe(end - start);
    for (let at = 0; at < piece.length; ) {
      const { bytesRead } = await file
        .read(piece, at, piece.length - at, start + at)
        .catch((error: unknown) => {
          throw diskFailure(error);
        });
      if (bytesRead === 0) throw diskFailure(new Error('A file ended before its size.'));
      at += bytesRead;
    }
    return piece;
  };
  return {
    size_bytes: size,
    etag: `"${ino.toString(36)}-${size.toString(36)}-${Math.round(mtime.getTime()).toString(36)}"`,
    last_modified: mtime,
    read,
    async *stream(start, end) {
      for (let at = start; at < end; at += PIECE) yield await read(at, Math.min(at + PIECE, end));
    },
    close: () => file.close(),
  };
}
