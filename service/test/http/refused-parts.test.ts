import { describe, expect, it } from 'vitest';
import { expectImage, expectProblem } from '../support/answers.ts';
import { DIVIDED_HOMES, NOTHING, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { expectRefusal } from '../support/refusals.ts';
import {
  type Call,
  fieldParts,
  filePart,
  MULTIPART,
  multipartBytes,
  newPng,
  postForm,
} from '../support/uploads.ts';

const [, BOUNDARY = ''] = MULTIPART.split('boundary=');
const image = png();
const file = filePart('file', image);
const user = fieldParts({ user_id: 'alice' });
const LAST = Buffer.from(`--${BOUNDARY}--\r\n`);

/** A form with the file and the user, and before or after them a part that is written as it stands. */
function withPart(head: string, value = 'x', place: 'before' | 'after' = 'after', image = file): Call {
  const part = Buffer.from(`--${BOUNDARY}\r\n${head}${value}\r\n`, 'latin1');
  const rest = multipartBytes([...user, image]).subarray(0, -LAST.length);
  const pieces = place === 'before' ? [part, rest, LAST] : [rest, part, LAST];
  return sent(Buffer.concat(pieces));
}

function sent(body: Uint8Array, type = MULTIPART): Call {
  const headers = { 'content-type': type };
  return { path: '/images', init: { method: 'POST', headers, body: new Uint8Array(body) } };
}

/** The form in pieces of some size, and of unknown length. */
function inPieces({ path, init }: Call, size: number): Call {
  const bytes = Buffer.from(init.body as Uint8Array);
  let at = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + size));
      at += size;
    },
  });
  return { path, init: { ...init, body, duplex: 'half' } as RequestInit };
}

const titled = 'content-disposition: form-data; name="title"';
const NO_FIELDS: readonly (readonly [what: string, head: string])[] = [
  ['no disposition', 'content-type: text/plain\r\n\r\n'],
  ['no headers', '\r\n'],
  ['another disposition', 'content-disposition: attachment; name="title"\r\n\r\n'],
  ['an empty disposition', 'content-disposition: \r\n\r\n'],
  ['a header without a colon before it', `nonsense\r\n${titled}\r\n\r\n`],
  ['a line end within its name', 'content-disposition: form-data; name="ti\ntle"\r\n\r\n'],
  ['headers that do not end', `${titled}\r\n`],
  ['headers that end in the delimiter', `${titled}\r\n\r\n--${BOUNDARY}\r\n`],
];

describe.each(DIVIDED_HOMES)(
  'a part that is no field of a form is refused, and not passed over (%s)',
  (kind) => {
    const home = useHome(kind);

    it.each(NO_FIELDS)('%s', async (what, head) => {
      for (const place of ['before', 'after'] as const) {
        await expectRefusal(home, [what, withPart(head, 'x', place), 'invalid_request', 'body']);
      }
    });

    it('after a file of megabytes, of which nothing is left', async () => {
      const large = filePart('file', newPng(3_000_000));
      for (const [what, head] of NO_FIELDS) {
        const call = withPart(head, 'x', 'after', large);
        await expectRefusal(home, [what, inPieces(call, 64 * 1024), 'invalid_request', 'body']);
      }
      expect(await home.stored()).toEqual(NOTHING);
    });
  },
);

describe.each(DIVIDED_HOMES)('the limits of a form are named where they are passed (%s)', (kind) => {
  const home = useHome(kind);
  const many = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `t${n}`, value: 'x' }));
  const over = (what: string, call: Call, field: string, message: string) =>
    [what, call, field, message] as const;

  it.each([
    over('fields', postForm([...user, ...many(50), file]), 'body', 'has more than 50 fields'),
    over('files', postForm([...user, file, file, file]), 'file', 'is given more than once'),
    over(
      'a name',
      postForm([file, { name: 'é'.repeat(51), value: 'x' }]),
      'é'.repeat(51),
      'is a name of more than 100 bytes',
    ),
    over(
      'a field',
      postForm([...user, { name: 'title', value: 'x'.repeat(16_385) }, file]),
      'title',
      'has more than 16384 bytes',
    ),
    over(
      'headers in bytes',
      withPart(`${titled}\r\nx: ${'y'.repeat(5000)}\r\n\r\n`),
      'body',
      'has a part with more than 4096 bytes of headers',
    ),
    over(
      'headers without end',
      withPart(`${titled}\r\nx: ${'y'.repeat(900_000)}`),
      'body',
      'has a part with more than 4096 bytes of headers',
    ),
    over(
      'headers in number',
      withPart(`${titled}\r\n${'x: y\r\n'.repeat(20)}\r\n`),
      'body',
      'has a part with more than 20 headers',
    ),
  ])('%s', async (_what, call, field, message) => {
    for (const one of [call, inPieces(call, 100), inPieces(call, 8192)]) {
      const problem = await expectProblem(await home.request(one.path, one.init), 'invalid_request', field);
      expect(problem.errors).toEqual([{ field, message }]);
    }
    expect(await home.stored()).toEqual(NOTHING);
  });

  it('what stands around the parts counts: without an end it is 413, however long it is said to be', async () => {
    const form = multipartBytes([...user, file]);
    const after = sent(Buffer.concat([form, Buffer.alloc(2_000_000, 'x')]));
    const between = postForm([
      ...user,
      file,
      ...Array.from({ length: 45 }, (_, n) => ({ name: `t${n}`, value: 'x'.repeat(16_000) })),
    ]);
    for (const call of [inPieces(after, 64 * 1024), inPieces(after, 5_000_000)]) {
      await expectRefusal(home, ['', call, 'payload_too_large', undefined]);
    }
    await expectRefusal(home, ['45 large fields', between, 'invalid_request', 't0']);
  });
});

describe.each(DIVIDED_HOMES)('a form at its limits is taken, in pieces of any size (%s)', (kind) => {
  const home = useHome(kind);
  const head = `${titled}\r\nx: ${'y'.repeat(3900)}\r\n${'x: y\r\n'.repeat(17)}\r\n`;

  it.each([1, 2, 3, 7, 40, 41, 100, 5000])('%i bytes', async (size) => {
    for (const call of [withPart(head, 'Osprey'), withPart(head, 'Osprey', 'before')]) {
      const { path, init } = inPieces(call, size);
      expect(await expectImage(await home.request(path, init), 201)).toMatchObject({ title: 'Osprey' });
    }
  });

  it.each([
    [
      'a preamble',
      Buffer.concat([Buffer.from('For those who know no forms.\r\n'), multipartBytes([...user, file])]),
    ],
    ['an epilogue', Buffer.concat([multipartBytes([...user, file]), Buffer.from('And so on.')])],
  ])('with %s', async (_what, body) => {
    const { path, init } = sent(body);
    await expectImage(await home.request(path, init), 201);
  });

  it.each([
    ['quoted', `multipart/form-data; boundary="${BOUNDARY}"`],
    ['in capitals, before another parameter', `Multipart/Form-Data; BOUNDARY=${BOUNDARY}; charset=utf-8`],
    ['after another parameter', `multipart/form-data; charset=utf-8;boundary=${BOUNDARY}`],
  ])('with its boundary %s', async (_what, type) => {
    const { path, init } = sent(multipartBytes([...user, file]), type);
    await expectImage(await home.request(path, init), 201);
    const dropped = withPart('\r\n');
    const headers = { 'content-type': type };
    await expectRefusal(home, ['', { path, init: { ...dropped.init, headers } }, 'invalid_request', 'body']);
  });

  it('with a file that holds what looks like the boundary', async () => {
    const bytes = Buffer.concat([png(), Buffer.from(`--${BOUNDARY}\r\n\r\n\r\n-${BOUNDARY}--\r\n--a-bound`)]);
    for (const size of [1, 13, 1000]) {
      const { path, init } = inPieces(postForm([filePart('file', bytes), ...user]), size);
      expect(await expectImage(await home.request(path, init), 201)).toMatchObject({
        size_bytes: bytes.length,
      });
    }
  });
});
