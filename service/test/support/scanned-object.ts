import type { ScannedObject } from '../../src/ports/scanner.ts';

/** An object with these bytes, which come in pieces of a size. */
export function objectOf(bytes: Uint8Array, pieceSize = 65_536): ScannedObject {
  return {
    key: 'alice/one',
    size_bytes: bytes.length,
    async *stream() {
      for (let at = 0; at < bytes.length; at += pieceSize)
        yield Buffer.from(bytes.subarray(at, at + pieceSize));
    },
  };
}
