import type { Sent } from './crash-ledger.ts';

/** What start-upload answers; of `upload` only what its method has. */
interface Started {
  readonly image: { readonly image_id: string };
  readonly upload: {
    readonly url: string;
    readonly fields: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly part_size_bytes: number;
    readonly parts: readonly { readonly number: number; readonly size_bytes: number; readonly url: string }[];
  };
}

export type DirectMethod = 'put' | 'post' | 'parts';

/** Announces a PNG that goes straight to the store. */
export async function announcePng(
  server: string,
  { title, user_id }: Sent,
  bytes: Buffer,
  method: DirectMethod,
): Promise<Started> {
  const announcement = { title, user_id, tags: ['crash'], method, content_type: 'image/png' };
  const response = await fetch(`${server}/images/uploads`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...announcement, size_bytes: bytes.length }),
  });
  await mustBe(201, response);
  return (await response.json()) as Started;
}

/** Sends the bytes as the answer says; resolves once all of them are acknowledged. */
export async function sendDirectly(
  { upload }: Started,
  bytes: Buffer<ArrayBuffer>,
  method: DirectMethod,
): Promise<void> {
  if (method === 'put') {
    const headers = Object.entries(upload.headers).filter(
      ([name]) => name.toLowerCase() !== 'content-length',
    );
    return drained(200, await fetch(upload.url, { method: 'PUT', headers, body: bytes }));
  }
  if (method === 'post') {
    const body = new FormData();
    for (const [name, value] of Object.entries(upload.fields)) body.set(name, value);
    body.set('file', new Blob([bytes]), 'osprey.png');
    return drained(204, await fetch(upload.url, { method: 'POST', body }));
  }
  await Promise.all(
    upload.parts.map(async ({ number, size_bytes, url }) => {
      const from = (number - 1) * upload.part_size_bytes;
      const body = bytes.subarray(from, from + size_bytes);
      await drained(200, await fetch(url, { method: 'PUT', body }));
    }),
  );
}

async function drained(status: number, response: Response): Promise<void> {
  await mustBe(status, response);
  await response.arrayBuffer();
}

/** An answer that is not the one that was asked for. */
export class Refused extends Error {
  readonly status: number;
  readonly body: string;

  constructor({ status }: Response, body: string) {
    super(`Refused: ${status} ${body}`);
    this.status = status;
    this.body = body;
  }
}

export async function mustBe(status: number, response: Response): Promise<void> {
  if (response.status !== status) throw new Refused(response, await response.text());
}
