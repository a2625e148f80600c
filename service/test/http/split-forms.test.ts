import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectImage } from '../support/answers.ts';
import { HOMES, useHome } from '../support/homes.ts';
import { bytesOf, copyOf } from '../support/stored-bytes.ts';
import { filePart, MULTIPART, multipartBytes, newPng } from '../support/uploads.ts';

/** All but the last letter of what ends a part. */
const NEARLY = Buffer.from(`\r\n--${/boundary=(.*)/.exec(MULTIPART)?.[1]}`).subarray(0, -1);

/** An image that has, within its bytes, all beginnings of what would end it. */
function withBeginnings(): { bytes: Buffer; ends: number[] } {
  const parts: Buffer[] = [newPng()];
  const ends: number[] = [];
  let length = parts[0]?.length ?? 0;
  // The longest first, and again last.
  for (const cut of [0, 0, ...NEARLY.keys(), 0]) {
    const beginning = NEARLY.subarray(0, NEARLY.length - cut);
    // So much in between that what has come is written meanwhile.
    parts.push(beginning, bytesOf(300_000, cut));
    ends.push(length + beginning.length);
    length += beginning.length + (parts.at(-1)?.length ?? 0);
  }
  return { bytes: Buffer.concat(parts), ends };
}

describe.each(HOMES)('forms in pieces (%s)', (kind) => {
  const home = useHome(kind);

  it('come whole where pieces end in what might be the end of a part', async () => {
    const { bytes, ends } = withBeginnings();
    const form = multipartBytes([{ name: 'user_id', value: 'alice' }, filePart('file', bytes)]);
    const offset = form.indexOf(bytes);
    const cuts = [0, ...ends.map((end) => offset + end), form.length];
    const pieces = cuts.slice(1).map((end, at) => copyOf(form, cuts[at] ?? 0, end));
    const init = {
      method: 'POST',
      headers: { 'content-type': MULTIPART },
      body: ReadableStream.from(pieces),
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
