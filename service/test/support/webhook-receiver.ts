import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';

export interface ReceivedMessage {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody who is told of changes, on the loopback interface, until the test ends. */
export interface WebhookReceiver {
  readonly url: string;
  /** All that has come, in the order in which it did. */
  readonly messages: ReceivedMessage[];
  /** What it answers from now on. */
  answer(status: number): void;
}

export async function openReceiver(): Promise<WebhookReceiver> {
  const messages: ReceivedMessage[] = [];
  let status = 204;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    messages.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    messages,
    answer(next) {
      status = next;
    },
  };
}

export interface ReadMessage {
  readonly id: string;
  /** Of the signature, in seconds since 1970. */
  readonly signedAt: number;
  /** Which of the secrets have signed it, by their places. */
  readonly signedBy: readonly number[];
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * What a message says, with its signatures looked at as https://www.standardwebhooks.com wants it; written anew here,
 * so that it does not share a mistake with whoever signs.
 */
export function readMessage({ headers, body }: ReceivedMessage, secrets: readonly string[]): ReadMessage {
  expect(headers['content-type']).toMatch(/^application\/json\b/);
  const id = String(headers['webhook-id']);
  const signedAt = String(headers['webhook-timestamp']);
  const given = String(headers['webhook-signature']).split(' ');
  for (const each of given) expect(each).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
  const signedBy = secrets.flatMap((secret, place) => {
    const [prefix, base64 = ''] = secret.split('_');
    expect(prefix).toBe('whsec');
    const wanted = createHmac('sha256', Buffer.from(base64, 'base64'))
      .update(`${id}.${signedAt}.${body}`)
      .digest();
    const isSigned = given.some((each) => timingSafeEqual(Buffer.from(each.slice(3), 'base64'), wanted));
    return isSigned ? [place] : [];
  });
  const { type, timestamp, data, ...others } = JSON.parse(body) as ReadMessage & Record<string, unknown>;
  expect(others).toEqual({});
  return { id, signedAt: Number(signedAt), signedBy, type, timestamp, data };
}
