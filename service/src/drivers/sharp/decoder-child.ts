import type { Buffer } from 'node:buffer';
import { develop } from './develop.ts';
import { FrameReader, frameHead } from './frames.ts';
import type { DecoderRequest, Refused } from './protocol.ts';
import { RefusedImage } from './refusal.ts';
import { render } from './render.ts';
import { prepareLibvips } from './source-image.ts';

/**
 * The program of a decoder: a process that is sent one image at a time and answers with what it shows. It is
 * started with nothing that is worth having (`decoder-process.ts`) and trusted with nothing it says.
 */
const requests = new FrameReader<DecoderRequest>({
  maxHeaderBytes: 64 * 1024,
  readHeader: (json) => json as DecoderRequest,
  bodyLength: ({ size_bytes }) => size_bytes,
});

/** What is told of a failure, for the log. */
const LONGEST_DETAIL = 500;

/** At once, whatever the decoding threads are at: a usual exit would wait for them. */
const end = () => process.kill(process.pid, 'SIGKILL');

process.stdin.on('data', (chunk: Buffer) => {
  const frame = requests.push(chunk);
  if (frame === undefined) return;
  void answer(frame.header, frame.body).then(send, (error: unknown) => send(refused(error)));
});
process.stdin.on('end', end).on('error', end);
process.stdout.on('error', end);
// A Ctrl-C in a terminal reaches all of its processes. When to end is for the parent to say: it may let work finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

interface Answer {
  readonly header: object;
  readonly parts: readonly Buffer[];
}

function answer(request: DecoderRequest, bytes: Buffer): Promise<Answer> {
  prepareLibvips(request.content_type);
  return request.job === 'develop' ? develop(bytes, request) : render(bytes, request);
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
  for (const bytes of [frameHead(header), ...parts]) process.stdout.write(bytes);
}
