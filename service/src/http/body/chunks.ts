import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Context } from 'hono';
import { DomainError, invalidField, payloadTooLarge } from '../../domain/errors.ts';
import { releaseMemory } from '../../domain/release-memory.ts';
import type { Env } from '../context.ts';
import { announcedDigest, wrongDigest } from './content-digest.ts';

/**
 * The request's body in pieces as they arrive. Under Node they are taken from the socket's own stream,
 * which spares a conversion; stopping early leaves that stream open, so that the answer can be sent.
 * @throws DomainError at the end where the content is not that of the request's `Content-Digest`.
 */
export async function* bodyChunks(c: Context<Env>): AsyncGenerator<Uint8Array> {
  const announced = announcedDigest(c);
  const hash = announced && createHash('sha256');
  const incoming: Readable | undefined = c.env?.incoming;
  const body = incoming ? incoming.iterator({ destroyOnReturn: false }) : (c.req.raw.body ?? []);
  try {
    let bytesIn = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytesIn += chunk.length;
      c.set('bytesIn', bytesIn);
      hash?.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw new DomainError('invalid_request', 'The request ended before its body was complete.', {
      cause: error,
    });
  }
  if (announced && hash?.digest().equals(announced) === false) throw wrongDigest();
}

/** The announced length of the body in bytes, where there is one. */
export function contentLength(c: Context<Env>): number | undefined {
  const value = c.req.header('content-length');
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** Refuses a body that says itself that it is too large, before any of it is taken. */
export function refuseAnnouncedOver(c: Context<Env>, limit: number): void {
  if ((contentLength(c) ?? 0) > limit) throw payloadTooLarge('The request body', limit);
}

/** The whole body in memory, as one piece of at most `limit` bytes. */
export async function wholeBody(c: Context<Env>, limit: number): Promise<Buffer> {
  refuseAnnouncedOver(c, limit);
  const announced = contentLength(c);
  const whole = announced === undefined ? undefined : Buffer.allocUnsafeSlow(announced);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyChunks(c)) {
    const next = size + chunk.length;
    if (next > limit) throw payloadTooLarge('The request body', limit);
    if (next > (announced ?? limit)) throw invalidField('body', 'is longer than Content-Length says');
    // Into its place at once where the length is known: a large body is then in memory only once.
    if (whole) {
      whole.set(chunk, size);
      releaseMemory(chunk);
    } else {
      chunks.push(chunk);
    }
    size = next;
  }
  return whole ? whole.subarray(0, size) : Buffer.concat(chunks, size);
}
