import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectImage } from '../support/answers.ts';
import { HOMES, useHome } from '../support/homes.ts';
import { bytesOf, copyOf } from '../support/stored-bytes.ts';
import { filePart, MULTIPART, multipartBytes, newPng } from '../support/uploads.ts';

/** What the header says, and what ends a part in the body. */
const BOUNDARIES = [
  ['', MULTIPART, /boundary=(.*)/.exec(MULTIPART)?.[1] ?? ''],
  // Each letter is one byte that is not UTF-8, and is taken for a character of three.
  [
    ' of more bytes than the header has',
    `multipart/form-data; boundary=${'é'.repeat(20)}`,
    '\ufffd'.repeat(20),
  ],
] as const;

/** An image that has, within its bytes, all beginnings of what would end it. */
function withBeginnings(boundary: string): { bytes: Buffer; ends: number[] } {
  // All but the last byte of what ends a part.
  const nearly = Buffer.from(`\r\n--${boundary}`).subarray(0, -1);
  const parts: Buffer[] = [newPng()];
  const ends: number[] = [];
  let length = parts[0]?.length ?? 0;
  // The longest first, and again last.
  for (const cut of [0, 0, ...nearly.keys(), 0]) {
    const beginning = nearly.subarray(0, nearly.length - cut);
    // Twice: of the first, what the parser has kept comes alone. So much in between that what has come is written meanwhile.
    parts.push(beginning, beginning, bytesOf(300_000, cut));
    ends.push(length + beginning.length, length + 2 * beginning.length);
    length += 2 * beginning.length + (parts.at(-1)?.length ?? 0);
  }
  return { bytes: Buffer.concat(parts), ends };
}

describe.each(HOMES)('forms in pieces (%s)', (kind) => {
  const home = useHome(kind);

  it.each(BOUNDARIES)('come whole where pieces may end in a boundary%s', async (_, type, boundary) => {
    const { bytes, ends } = withBeginnings(boundary);
    const parts = [{ name: 'user_id', value: 'alice' }, filePart('file', bytes)];
    const form = multipartBytes(parts, boundary);
    const offset = form.indexOf(bytes);
    const cuts = [0, ...ends.map((end) => offset + end), form.length];
    const pieces = async function* () {
      for (const [at, end] of cuts.slice(1).entries()) {
        yield copyOf(form, cuts[at] ?? 0, end);
        // As sockets give them: what has come is read before more comes.
        await turn();
      }
    };
    const init = {
      method: 'POST',
      headers: { 'content-type': type },
      body: ReadableStream.from(pieces()),
      duplex: 'half',
    } as RequestInit;
    const image = await expectImage(await home.request('/images', init), 201);
    expect(image.size_bytes).toBe(bytes.length);
    expect(image.checksum_sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    const object = await home.context.deps.objects.open(await keyOf(image.image_id));
    const stored = Buffer.from((await object?.read(0, bytes.length)) ?? []);
    await object?.close();
    expect(stored.equals(bytes)).toBe(true);
  });

  async function keyOf(image_id: string): Promise<string> {
    const record = await home.context.deps.index.get(image_id as never);
    return record?.object_key ?? '';
  }
});
