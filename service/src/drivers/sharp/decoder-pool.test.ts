import { getPriority } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { decoderProgram, isRunning } from '../../../test/support/decoder-program.ts';
import { sourceImage } from '../../../test/support/made-images.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';
import { bytesOf, copyOf } from '../../../test/support/stored-bytes.ts';
import type { SourceImage } from '../../ports/renderer.ts';
import { DecoderPool, type DecoderPoolOptions } from './decoder-pool.ts';
import type { Frame } from './frames.ts';

const PATIENCE = { timeout: 20_000 };

interface Answer {
  readonly pid?: number;
  readonly size_bytes: number;
}

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let program: string;
let pool: DecoderPool;

beforeAll(async () => {
  folder = await scratchFolder();
  program = await decoderProgram(folder.path);
});
afterEach(() => pool.close());
afterAll(() => folder[Symbol.asyncDispose]());

function openPool(options: Partial<DecoderPoolOptions> = {}): DecoderPool {
  pool = new DecoderPool({
    ...{ program, size: 2, queueLimit: 10, jobsPerDecoder: 100, idleMs: 60_000 },
    ...{ timeLimitMs: 30_000, memoryLimitBytes: 1024 ** 3 },
    ...options,
  });
  return pool;
}

const rules = {
  maxHeaderBytes: 1000,
  readHeader: (json: unknown) => json as Answer,
  bodyLength: ({ size_bytes }: Answer) => {
    if (size_bytes > 1_000_000) throw new Error('Too long.');
    return size_bytes;
  },
};

const limits = { maxPixels: 1, maxFrames: 1, maxAnimationPixels: 1 };

function send(source: SourceImage, { size_bytes = source.size_bytes } = {}): Promise<Frame<Answer>> {
  const { content_type } = source;
  return pool.run({
    source,
    request: { job: 'develop', format: 'webp', content_type, size_bytes, limits },
    rules,
    accept: (frame) => frame,
  });
}

const image = (text: string) => sourceImage(Buffer.from(text), 'image/png');

/** An image whose first byte comes at once and the others when they may. */
function gated(text = 'image') {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const source: SourceImage = {
    ...image(text),
    async *stream() {
      yield Buffer.from(text.slice(0, 1));
      begun.resolve();
      await gate.promise;
      yield Buffer.from(text.slice(1));
    },
  };
  return { source, open: gate.resolve, fail: gate.reject, begun: begun.promise };
}

async function pidOf(sent: Promise<Frame<Answer>>): Promise<number> {
  return (await sent).header.pid ?? 0;
}

describe('a pool of decoders', () => {
  test('starts none before there is work, and uses one again', async () => {
    openPool();
    expect(pool.pids).toEqual([]);
    const first = await pidOf(send(image('one')));
    expect(await pidOf(send(image('two')))).toBe(first);
    expect(pool.pids).toEqual([first]);
  });

  test('says how many decoders work and how many images wait', async () => {
    openPool({ size: 1 });
    expect(pool.load).toEqual({ busy: 0, waiting: 0 });
    const [first, second] = [gated(), gated()];
    const sent = [send(first.source), send(second.source)];
    await first.begun;
    expect(pool.load).toEqual({ busy: 1, waiting: 1 });
    for (const { open } of [first, second]) open();
    await Promise.all(sent);
    await vi.waitFor(() => expect(pool.load).toEqual({ busy: 0, waiting: 0 }), PATIENCE);
  });

  test('returns what the decoder answers, for large images too', async () => {
    openPool();
    const large = Buffer.alloc(900_000, 'large ');
    const { body } = await send(sourceImage(large, 'image/png'));
    expect(body.equals(large)).toBe(true);
  });

  test('releases the memory of an image that it has sent, piece by piece', async () => {
    openPool();
    const pieces = Array.from({ length: 5 }, (_, at) => copyOf(bytesOf(100_000, at), 0, 100_000));
    const stream = async function* () {
      yield* pieces;
    };
    await send({ content_type: 'image/png', size_bytes: 500_000, stream });
    expect(pieces.map(({ length }) => length)).toEqual([0, 0, 0, 0, 0]);
  });

  test('replaces a decoder after a number of images', async () => {
    openPool({ jobsPerDecoder: 2 });
    const pids: number[] = [];
    for (const text of ['one', 'two', 'three']) pids.push(await pidOf(send(image(text))));
    expect(pids[1]).toBe(pids[0]);
    expect(pids[2]).not.toBe(pids[0]);
    await vi.waitFor(() => expect(isRunning(pids[0] ?? 0)).toBe(false), PATIENCE);
  });

  test('ends a decoder that has nothing to do', async () => {
    openPool({ idleMs: 1 });
    const pid = await pidOf(send(image('one')));
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), PATIENCE);
    expect(await pidOf(send(image('two')))).not.toBe(pid);
  });

  test('has no more decoders than it may, lets as many images wait as it may, and refuses others', async () => {
    openPool({ size: 2, queueLimit: 1 });
    const [first, second, third] = [gated(), gated(), gated()];
    const working = [send(first.source), send(second.source)];
    await Promise.all([first.begun, second.begun]);
    const waiting = send(third.source);
    await expect(send(image('one too many'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(pool.pids).toHaveLength(2);
    first.open();
    await third.begun;
    expect(pool.pids).toHaveLength(2);
    for (const { open } of [second, third]) open();
    const pids = await Promise.all([...working, waiting].map(pidOf));
    expect(new Set(pids).size).toBe(2);
  });

  test('lets requests go first: decoders have a lower priority', async () => {
    openPool();
    expect(getPriority(await pidOf(send(image('one'))))).toBe(10);
  });

  test('ends all decoders when it is closed, and fails what is under way', async () => {
    openPool({ size: 1 });
    const [working, waiting] = [gated(), gated()];
    const sent = Promise.allSettled([send(working.source), send(waiting.source)]);
    await working.begun;
    const { pids } = pool;
    await pool.close();
    expect(await sent).toMatchObject(Array(2).fill({ reason: { code: 'unavailable' } }));
    expect(pids.filter(isRunning)).toEqual([]);
    await expect(send(image('late'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(pool.pids).toEqual([]);
  });
});

describe('a decoder that fails', () => {
  /** After whatever has happened, the pool works, with another decoder. */
  async function worksWithAnother(pid: number) {
    const next = await pidOf(send(image('next')));
    expect(next).not.toBe(pid);
    await vi.waitFor(() => expect(pool.pids).toEqual([next]), PATIENCE);
    expect(isRunning(pid)).toBe(false);
  }

  test.each(['hang', 'spin'])('by taking too long (%s) costs its image', async (way) => {
    openPool({ timeLimitMs: 1_000 });
    const pid = await pidOf(send(image('one')));
    await expect(send(image(way))).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: 'The image takes more time to decode than is allowed.',
    });
    await worksWithAnother(pid);
  });

  test('by taking too much memory costs its image', async () => {
    openPool({ memoryLimitBytes: 250 * 1024 * 1024 });
    const pid = await pidOf(send(image('one')));
    await expect(send(image('eat'))).rejects.toMatchObject({
      code: 'unprocessable_image',
      message: 'The image takes more memory to decode than is allowed.',
    });
    await worksWithAnother(pid);
  });

  test('by taking too much memory on top of what others left gets a decoder of its own', async () => {
    openPool({ memoryLimitBytes: 400 * 1024 * 1024 });
    const pid = await pidOf(send(image('keep')));
    const other = await pidOf(send(image('need')));
    expect(other).not.toBe(pid);
    expect(isRunning(pid)).toBe(false);
  });

  test.each(['exit', 'crash', 'shut'])('by ending (%s) is worth another try', async (way) => {
    openPool();
    const pid = await pidOf(send(image('one')));
    await expect(send(image(way))).rejects.toMatchObject({ code: 'unavailable' });
    await worksWithAnother(pid);
  });

  test.each([
    ['hang', 'time', { timeLimitMs: 1_000 }],
    ['eat', 'memory', { memoryLimitBytes: 250 * 1024 * 1024 }],
    ['exit', 'fault', {}],
    ['noise', 'fault', {}],
  ] as const)(
    '(%s) is told as lost by %s; one that is replaced, or ended, is not',
    async (way, reason, limit) => {
      const lost: string[] = [];
      openPool({ ...limit, jobsPerDecoder: 2, onLoss: (why) => lost.push(why) });
      await expect(send(image(way))).rejects.toThrow();
      for (const text of ['one', 'two', 'three']) await send(image(text));
      await pool.close();
      expect(lost).toEqual([reason]);
    },
  );

  test('leaves its last words for the log', async () => {
    openPool();
    const failure = await send(image('exit')).catch((error: unknown) => error);
    expect(failure).toMatchObject({ cause: { message: expect.stringContaining('with 3. last words') } });
  });

  test.each(['noise', 'long header', 'long body', 'no json', 'too much', 'twice'])(
    'by not keeping to the protocol (%s) is not trusted any more',
    async (way) => {
      openPool();
      const pid = await pidOf(send(image('one')));
      const answer = send(image(way));
      // Of two answers the first may have been taken before the second came.
      if (way === 'twice') await answer.catch(() => undefined);
      else await expect(answer).rejects.toMatchObject({ code: 'unavailable', message: /no sense/ });
      await vi.waitFor(() => expect(isRunning(pid)).toBe(false), PATIENCE);
      await worksWithAnother(pid);
    },
  );

  test('by answering before it has the image is not trusted any more', async () => {
    openPool();
    const pid = await pidOf(send(image('one')));
    const early = gated('early answer');
    const source: SourceImage = {
      ...early.source,
      async *stream() {
        yield Buffer.from('early');
        yield* early.source.stream();
      },
    };
    await expect(send(source, { size_bytes: 99 })).rejects.toMatchObject({ message: /no sense/ });
    await worksWithAnother(pid);
  });

  test('by being killed from outside is worth another try', async () => {
    openPool();
    const { source, begun } = gated();
    const sent = send(source);
    await begun;
    const [pid = 0] = pool.pids;
    process.kill(pid, 'SIGKILL');
    await expect(sent).rejects.toMatchObject({ code: 'unavailable' });
    await worksWithAnother(pid);
  });

  test('while it is at rest is noticed before the next image', async () => {
    openPool();
    const pid = await pidOf(send(image('one')));
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(pool.pids).toEqual([]), PATIENCE);
    await worksWithAnother(pid);
  });

  test('to start is unavailable', async () => {
    openPool({ program: `${program}.is-not-there.mjs` });
    await expect(send(image('one'))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a source that fails', () => {
  const missing = new Error('There is no such object.');

  test('before its first byte passes its error on, and costs no decoder', async () => {
    openPool();
    const pid = await pidOf(send(image('one')));
    const source: SourceImage = {
      ...image('two'),
      // biome-ignore lint/correctness/useYield: it fails before it has anything to give.
      async *stream() {
        throw missing;
      },
    };
    await expect(send(source)).rejects.toBe(missing);
    expect(await pidOf(send(image('three')))).toBe(pid);
  });

  test('midway passes its error on, and the decoder that waits for the rest is ended', async () => {
    openPool();
    const { source, begun, fail } = gated();
    const sent = send(source);
    const failed = expect(sent).rejects.toBe(missing);
    await begun;
    const [pid = 0] = pool.pids;
    fail(missing);
    await failed;
    expect(await pidOf(send(image('next')))).not.toBe(pid);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), PATIENCE);
  });

  test.each([
    ['fewer', 9],
    ['more', 3],
  ])('by having %s bytes than it said is unavailable', async (_name, size_bytes) => {
    openPool();
    await expect(send(image('image'), { size_bytes })).rejects.toMatchObject({ code: 'unavailable' });
    await expect(send(image('next'))).resolves.toBeDefined();
  });

  test('is not read ahead of a decoder that does not listen', async () => {
    const deaf = await decoderProgram(folder.path, 'setInterval(() => undefined, 1000);', 'deaf.mjs');
    openPool({ program: deaf, timeLimitMs: 500 });
    let chunks = 0;
    const source: SourceImage = {
      ...image('x'),
      async *stream() {
        for (; chunks < 1_000; chunks++) yield Buffer.alloc(64 * 1024);
      },
    };
    await expect(send(source, { size_bytes: 2 ** 40 })).rejects.toMatchObject({
      code: 'unprocessable_image',
    });
    // What the pipe itself holds.
    expect(chunks).toBeLessThan(20);
  });

  test('is told to stop when the decoder has failed', async () => {
    openPool();
    const stopped = Promise.withResolvers<void>();
    const source: SourceImage = {
      ...image('x'),
      async *stream() {
        try {
          yield Buffer.from('early');
          for (;;) yield Buffer.alloc(64 * 1024);
        } finally {
          stopped.resolve();
        }
      },
    };
    await expect(send(source, { size_bytes: 2 ** 40 })).rejects.toMatchObject({ code: 'unavailable' });
    await stopped.promise;
  });
});
