import { statSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const [NEWLINE, SPACE] = [10, 32];

/**
 * Which Node this is, to the build. V8 takes what another has compiled by a few numbers of its own alone, and looks at
 * none of the rest: it ends the process over what does not fit, where it does not do worse.
 */
export function nodeIdentity(): string {
  const { version, platform, arch, versions, execPath } = process;
  return `${version} ${platform}-${arch} V8 ${versions.v8} ${statSync(execPath).size}`;
}

/** What V8 has compiled of a source, as it is kept: with the Node it is for after it, and a checksum of both texts. */
export function sealCache(compiled: Buffer, source: Buffer): Buffer {
  return Buffer.concat([compiled, Buffer.from(`\n${nodeIdentity()} ${checksum(compiled, source)}`)]);
}

/** What was kept, if this very Node has made it of this very source and all of it is there; otherwise undefined. */
export function openCache(kept: Buffer, source: Buffer): Buffer | undefined {
  const end = kept.lastIndexOf(NEWLINE);
  if (end < 0 || madeFor(kept) !== nodeIdentity()) return undefined;
  const compiled = kept.subarray(0, end);
  const sum = Number(kept.toString('latin1', kept.lastIndexOf(SPACE) + 1));
  return sum === checksum(compiled, source) ? compiled : undefined;
}

/** The Node that something kept is for. */
export function madeFor(kept: Buffer): string {
  return kept.toString('latin1', kept.lastIndexOf(NEWLINE) + 1, kept.lastIndexOf(SPACE));
}

function checksum(compiled: Buffer, source: Buffer): number {
  return crc32(source, crc32(compiled));
}
