import { read } from 'node:fs';
import { releaseMemory } from '../../domain/release-memory.ts';
import { develop } from './develop.ts';
import { frameHead, LENGTH_BYTES } from './frames.ts';
import type { DecoderRequest, Refused } from './protocol.ts';
import { RefusedImage } from './refusal.ts';
import { render } from './render.ts';
import { prepareLibvips } from './source-image.ts';

/**
 * The program of a decoder: a process that is sent one image at a time and answers with what it shows. It is
 * started with nothing that is worth having (`decoder-process.ts`) and trusted with nothing it says.
 */

/** What is told of a failure, for the log. */
const LONGEST_DETAIL = 500;

/** At once, whatever the decoding threads are at: a usual exit would wait for them. */
const end = () => process.kill(process.pid, 'SIGKILL');

/** Descriptor 0, where requests come in. Nothing else reads it: `process.stdin` would, and would not let us wait. */
const INPUT = 0;

// A Ctrl-C in a terminal reaches all of its processes. When to end is for the parent to say: it may let work finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdout.on('error', end);

/**
 * Reads so many bytes to where they stay, in a thread that waits for them: a stream would bring them in pieces of 64 KB,
 * each with a buffer of its own and a turn of the event loop.
 */
function readBytes(length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  return new Promise((resolve) => {
    const readOn = (from: number): void => {
      read(INPUT, bytes, from, length - from, null, (error, count) => {
        // Whoever sends has ended, and so do we.
        if (error || count === 0) end();
        else if (from + count === length) resolve(bytes);
        else readOn(from + count);
      });
    };
    readOn(0);
  });
}

/** One request after the other. The next one is waited for during the work, too: so its end is noticed at once. */
async function serve(): Promise<never> {
  for (let next = readBytes(LENGTH_BYTES); ; ) {
    const length = (await next).readUInt32BE();
    const request = JSON.parse((await readBytes(length)).toString()) as DecoderRequest;
    const image = await readBytes(request.size_bytes);
    next = readBytes(LENGTH_BYTES);
    send(await answer(request, image).catch(refused));
  }
}

interface Answer {
  readonly header: object;
  readonly parts: readonly Buffer[];
}

/** The image's own memory is given back with the answer; where it has failed, threads of libvips may still read it. */
async function answer(request: DecoderRequest, bytes: Buffer): Promise<Answer> {
  prepareLibvips(request.content_type);
  const made = await (request.job === 'develop' ? develop(bytes, request) : render(bytes, request));
  releaseMemory(bytes);
  return made;
}

/** What libvips fails at is the image's fault. What our own code stumbles over ends the process, and is looked into. */
function refused(error: unknown): Answer {
  if (error instanceof TypeError || error instanceof RangeError) throw error;
  const detail = String(error instanceof Error ? error.message : error).slice(0, LONGEST_DETAIL);
  const header: Refused = {
    refused: error instanceof RefusedImage ? error.refusal : 'undecodable',
    detail,
  };
  return { header, parts: [] };
}

function send({ header, parts }: Answer): void {
  process.stdout.write(frameHead(header));
  for (const bytes of parts) process.stdout.write(bytes, () => releaseMemory(bytes));
}

await serve();
