import { describe, expect, it } from 'vitest';
import { expectImage } from '../support/answers.ts';
import { DIVIDED_HOMES, NOTHING, useHome } from '../support/homes.ts';
import { png } from '../support/png.ts';
import { expectRefusal } from '../support/refusals.ts';
import { type Call, FORM_NAMES, postJson, uploadCall } from '../support/uploads.ts';

const LIMIT = 200_000;
const config = { maxImageBytes: LIMIT };
const user = { user_id: 'alice' };

const over = (form: string) => uploadCall(form, png({ size: LIMIT + 1 }), user);
const farOver = (form: string) => uploadCall(form, png({ size: 5_000_000 }), user);

describe.each(DIVIDED_HOMES)(
  'an image over the limit is 413 in every form and leaves nothing (%s)',
  (kind) => {
    const home = useHome(kind, { config });

    it.each(FORM_NAMES)('%s: by one byte, and by far', async (form) => {
      await expectRefusal(home, [form, over(form), 'payload_too_large', undefined]);
      await expectRefusal(home, [form, farOver(form), 'payload_too_large', undefined]);
    });

    it.each(FORM_NAMES)('%s: in pieces whose number nobody has announced', async (form) => {
      await expectRefusal(home, [form, inPieces(over(form)), 'payload_too_large', undefined]);
      await expectRefusal(home, [form, inPieces(farOver(form)), 'payload_too_large', undefined]);
    });

    it('the problem names the limit', async () => {
      const { path, init } = over('raw bytes');
      expect(await (await home.request(path, init)).json()).toMatchObject({
        detail: expect.stringContaining(String(LIMIT)),
      });
    });
  },
);

describe.each(DIVIDED_HOMES)('a body that is announced over the limit is refused unread (%s)', (kind) => {
  const home = useHome(kind, { config });

  it.each(FORM_NAMES)('%s', async (form) => {
    let pulled = 0;
    const { path, init } = uploadCall(form, png(), user);
    const body = new ReadableStream(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(1000));
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { ...(init.headers as Record<string, string>), 'content-length': '999999999' };
    const call = { path, init: { method: 'POST', headers, body, duplex: 'half' as const } };
    await expectRefusal(home, [form, call, 'payload_too_large', undefined]);
    expect(pulled).toBe(0);
  });
});

describe.each(DIVIDED_HOMES)('an unannounced body is taken up to the limit and no further (%s)', (kind) => {
  const home = useHome(kind, { config });

  it.each(FORM_NAMES)('%s: an endless body is refused once it is over', async (form) => {
    let sent = 0;
    const first = bodyOf(uploadCall(form, png({ size: LIMIT }), user));
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          // The image's beginning, and then more and more of what base64, too, is made of.
          const piece = sent === 0 ? first.subarray(0, 100_000) : new Uint8Array(10_000).fill(0x41);
          sent += piece.length;
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
    const { path, init } = uploadCall(form, png(), user);
    const call = { path, init: { ...init, body: endless, duplex: 'half' as const } };
    await expectRefusal(home, [form, call, 'payload_too_large', undefined]);
    expect(sent).toBeLessThan(LIMIT * 2 + 200_000);
  });

  it.each(FORM_NAMES)('%s: an image of exactly the limit is stored, in pieces too', async (form) => {
    const { path, init } = inPieces(uploadCall(form, png({ size: LIMIT }), user));
    expect(await expectImage(await home.request(path, init), 201)).toMatchObject({ size_bytes: LIMIT });
    expect(await home.stored()).not.toEqual(NOTHING);
  });

  it('an upload in pieces of a few bytes is stored', async () => {
    const { path, init } = inPieces(uploadCall('a form with the file first', png({ size: 3000 }), user), 7);
    expect(await expectImage(await home.request(path, init), 201)).toMatchObject({ size_bytes: 3000 });
  });
});

describe.each(DIVIDED_HOMES)('fields cannot be as large as images (%s)', (kind) => {
  const home = useHome(kind, { config });
  const image_data = png().toString('base64');

  it('100 KB of a JSON title beside an image is 413', async () => {
    const call = postJson({ ...user, title: 'x'.repeat(100_000), image_data });
    await expectRefusal(home, ['title', call, 'payload_too_large', undefined]);
  });

  it('spaces in JSON count as well', async () => {
    const call = postJson(`{"user_id":"alice",${' '.repeat(100_000)}"image_data":"${image_data}"}`);
    await expectRefusal(home, ['spaces', call, 'payload_too_large', undefined]);
  });
});

describe.each(DIVIDED_HOMES)(
  'a body that breaks off while it is read is 400 and leaves nothing (%s)',
  (kind) => {
    const home = useHome(kind);

    it.each(FORM_NAMES)('%s', async (form) => {
      for (const size of [1000, 3_000_000]) {
        const { path, init } = uploadCall(form, png({ size }), user);
        const whole = bodyOf({ path, init });
        const body = ReadableStream.from(
          (function* () {
            yield whole.subarray(0, whole.length / 2);
            throw new Error('ECONNRESET: aborted');
          })(),
        );
        const call = { path, init: { ...init, body, duplex: 'half' as const } };
        await expectRefusal(home, [form, call, 'invalid_request', undefined]);
      }
    });
  },
);

/** The same body as a stream, so that no Content-Length announces it. */
function inPieces(call: Call, size = 9999): Call {
  const bytes = bodyOf(call);
  const pieces = ReadableStream.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    ),
  );
  return { path: call.path, init: { ...call.init, body: pieces, duplex: 'half' } };
}

function bodyOf({ init: { body } }: Call): Buffer {
  return Buffer.from(body as string | Uint8Array<ArrayBuffer>);
}
