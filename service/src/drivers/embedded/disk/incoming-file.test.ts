import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratchFolder } from '../../../../test/support/scratch-folder.ts';
import { bytesOf, copyOf } from '../../../../test/support/stored-bytes.ts';
import { IncomingFile } from './incoming-file.ts';

/** Several times what is held in memory before it is written. */
const PIECES = 30;
const PIECE = 65_536;

const piecesOf = (bytes: Buffer) =>
  Array.from({ length: PIECES }, (_, at) => copyOf(bytes, at * PIECE, (at + 1) * PIECE));

function incomingIn(folder: string) {
  const arrived = join(folder, 'arrived');
  const incoming = new IncomingFile({
    temporary: join(folder, 'temporary'),
    arrive: async (temporary) => {
      await rename(temporary, arrived);
      return '"tag"';
    },
  });
  return { incoming, arrived };
}

test('the memory of bytes that it is given is released once they are written, and all of them arrive', async () => {
  await using folder = await scratchFolder();
  const bytes = bytesOf(PIECES * PIECE);
  const pieces = piecesOf(bytes);
  const { incoming, arrived } = incomingIn(folder.path);
  for (const piece of pieces) await incoming.write(piece, 'given');
  await incoming.commit();
  expect(pieces.map(({ length }) => length)).toEqual(pieces.map(() => 0));
  expect((await readFile(arrived)).equals(bytes)).toBe(true);
});

test('what it is not given stays its writer’s', async () => {
  await using folder = await scratchFolder();
  const bytes = bytesOf(PIECES * PIECE);
  const pieces = piecesOf(bytes);
  const { incoming } = incomingIn(folder.path);
  for (const piece of pieces) await incoming.write(piece);
  await incoming.commit();
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
});
