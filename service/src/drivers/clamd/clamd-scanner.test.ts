import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { Caller } from '../../../test/support/fake-clamd.ts';
import { objectOf } from '../../../test/support/scanned-object.ts';
import {
  answering,
  causes,
  failureOf,
  objectFrom,
  SMALL,
  scannerOver,
  watchTimersAndSockets,
} from '../../../test/support/scanner-over-fake.ts';
import { scratchFolder } from '../../../test/support/scratch-folder.ts';

const MIB = 1024 * 1024;
const OK = 'stream: OK\0';
const OVER_LIMIT = 'INSTREAM size limit exceeded. ERROR\0';
const CLEAN = { verdict: 'clean' };
const TOO_LARGE = { verdict: 'unscannable', reason: 'too_large' };

watchTimersAndSockets();

describe('an object on its way to clamd', () => {
  test.each([
    ['in small pieces', 100_000, 999],
    ['in one piece', 1_000_000, 1_000_000],
    ['of no bytes', 0, 1],
  ])('arrives as it is, in frames of at most 64 KiB: %s', async (_what, size, pieceSize) => {
    const bytes = Buffer.alloc(size, 'any bytes at all ');
    const arrived = Promise.withResolvers<[Buffer, number[]]>();
    const scanner = await scannerOver(async (caller) => {
      arrived.resolve([await caller.object(), caller.pieces]);
      caller.socket.end(OK);
    });
    expect(await scanner.scan(objectOf(bytes, pieceSize))).toEqual(CLEAN);
    const [received, pieces] = await arrived.promise;
    expect(received.equals(bytes)).toBe(true);
    expect(Math.max(0, ...pieces)).toBeLessThanOrEqual(64 * 1024);
  });

  test('does not end at a piece without bytes', async () => {
    const arrived = Promise.withResolvers<string>();
    const scanner = await scannerOver(async (caller) => {
      arrived.resolve((await caller.object()).toString());
      caller.socket.end(OK);
    });
    const source = objectOf(Buffer.from('before'));
    const object = objectFrom(11, async function* () {
      yield* source.stream();
      yield new Uint8Array();
      yield Buffer.from('after');
    });
    expect(await scanner.scan(object)).toEqual(CLEAN);
    expect(await arrived.promise).toBe('beforeafter');
  });

  test('is read no faster than it is taken', async () => {
    const size = 96 * MIB;
    const piece = Buffer.alloc(64 * 1024);
    let [given, taken, widest] = [0, 0, 0];
    const scanner = await scannerOver(
      async ({ socket }) => {
        for await (const bytes of socket) {
          taken += bytes.length;
          widest = Math.max(widest, given - taken);
          for (let turns = 0; turns < 5; turns++) await setImmediate();
          if (taken >= size) break;
        }
      },
      { maxBytes: size },
    );
    const object = objectFrom(size, async function* () {
      for (; given < size; given += piece.length) yield piece;
    });
    // The connection is closed in the middle of the last frames, without an answer.
    await failureOf(scanner.scan(object));
    expect(taken).toBeGreaterThanOrEqual(size);
    // What systems keep in their own buffers; without heed it would be nearly all.
    expect(widest).toBeLessThan(size / 2);
  });

  test('goes over a Unix socket as well', async () => {
    await using folder = await scratchFolder();
    const path = join(folder.path, 'clamd.ctl');
    const scanner = await scannerOver(answering('stream: Some.Thing FOUND\0'), { path });
    expect(await scanner.scan(SMALL)).toEqual({ verdict: 'infected', signature: 'Some.Thing' });
    await scanner.stop();
  });

  test('is not sent where it is longer than clamd is known to look at', async () => {
    const scanner = await scannerOver(answering(OK), { maxBytes: SMALL.size_bytes });
    expect(await scanner.scan({ ...SMALL, size_bytes: SMALL.size_bytes + 1 })).toEqual(TOO_LARGE);
    expect(scanner.connections()).toBe(0);
    expect(await scanner.scan(SMALL)).toEqual(CLEAN);
  });

  test('is not sent over 25 MiB where nothing is said', async () => {
    const scanner = await scannerOver(answering(OK));
    expect(await scanner.scan({ ...SMALL, size_bytes: 25 * MIB + 1 })).toEqual(TOO_LARGE);
    expect(await scanner.scan(objectOf(Buffer.alloc(25 * MIB)))).toEqual(CLEAN);
  });
});

describe('the answer', () => {
  test.each([
    [OK, CLEAN],
    ['stream: Win.Test.EICAR_HDB-1 FOUND\0', { verdict: 'infected', signature: 'Win.Test.EICAR_HDB-1' }],
    ['stream: OK FOUND\0', { verdict: 'infected', signature: 'OK' }],
    ['stream: \x1b[2J\xe9\n FOUND\0', { verdict: 'infected', signature: '?[2J??' }],
    [`stream: ${'x'.repeat(300)} FOUND\0`, { verdict: 'infected', signature: 'x'.repeat(200) }],
    [OVER_LIMIT, TOO_LARGE],
    ['stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0', TOO_LARGE],
    ['stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0', TOO_LARGE],
    [
      'stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0',
      { verdict: 'unscannable', reason: 'unsupported' },
    ],
  ])('%j is a verdict', async (said, verdict) => {
    const scanner = await scannerOver(answering(said));
    expect(await scanner.scan(SMALL)).toEqual(verdict);
  });

  test.each([
    '',
    '\0',
    'OK\0',
    'stream: OK',
    'stream: OK\n',
    'stream: OK\0\0',
    'stream: OK \0',
    'stream: ok\0',
    ' stream: OK\0',
    '1: stream: OK\0',
    'stream: OK\0stream: OK\0',
    'stream: OK\0stream: Some.Thing FOUND\0',
    'stream: Some.Thing FOUND\0stream: OK\0',
    'stream: Some.Thing FOUND',
    'stream:  FOUND\0',
    'stream: FOUND\0',
    'stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND\0',
    "stream: Can't allocate memory ERROR\0",
    'INSTREAM: Error writing to temporary file. ERROR\0',
    'INSTREAM size limit exceeded. ERROR',
    'COMMAND READ TIMED OUT\0',
    'UNKNOWN COMMAND\0',
    '\x00\xff\x00\xff',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
  ])('%j is none', async (said) => {
    const scanner = await scannerOver(answering(said));
    expect(causes(await failureOf(scanner.scan(SMALL)))).toContain('clamd said');
  });

  test('that has no end is given up', async () => {
    const scanner = await scannerOver(async (caller) => {
      await caller.object();
      await caller.say('stream: '.repeat(1000));
    });
    expect(causes(await failureOf(scanner.scan(SMALL)))).toContain('without an end');
  });

  test.each([OK, 'stream: Some.Thing FOUND\0'])('%j given before the last byte is none', async (said) => {
    const answered = Promise.withResolvers<void>();
    const scanner = await scannerOver(async (caller) => {
      await caller.command('zINSTREAM\0');
      await caller.piece();
      await caller.say(said);
      answered.resolve();
      // As who takes what is left, and closes then.
      while ((await caller.piece()).length > 0);
      caller.socket.end();
    });
    const object = objectFrom(2, async function* () {
      yield Buffer.from('1');
      await answered.promise;
      yield Buffer.from('2');
    });
    const scan = scanner.scan(object);
    await answered.promise;
    for (let n = 0; n < 10; n++) await setImmediate();
    vi.advanceTimersByTime(60_000);
    await failureOf(scan);
  });

  test('that it takes no more is a verdict also when it comes while bytes are sent', async () => {
    for (const close of ['end', 'destroy'] as const) {
      const scanner = await scannerOver(async (caller) => {
        await caller.command('zINSTREAM\0');
        await caller.piece();
        caller.socket.pause();
        await caller.say(OVER_LIMIT);
        caller.socket[close]();
        if (close === 'end') caller.socket.resume();
      });
      expect(await scanner.scan(objectOf(Buffer.alloc(16 * MIB)))).toEqual(TOO_LARGE);
      await scanner.stop();
    }
  });
});

describe('the source', () => {
  test('that fails is what the scan fails with, and the connection is closed', async () => {
    const scanner = await scannerOver((caller) => caller.command('zINSTREAM\0'));
    const failure = new Error('the disk is gone');
    const object = objectFrom(2, async function* () {
      yield Buffer.from('1');
      throw failure;
    });
    await expect(scanner.scan(object)).rejects.toBe(failure);
    const unopened = objectFrom(2, () => {
      throw failure;
    });
    await expect(scanner.scan(unopened)).rejects.toBe(failure);
  });

  test.each([
    ['fewer', 'has 30 bytes, and 22 bytes came', 30],
    ['more', 'has 21 bytes, and more came', 21],
  ])('that has %s bytes than the object gets no verdict on it', async (_what, said, size_bytes) => {
    let whole = false;
    const scanner = await scannerOver(async (caller) => {
      await caller.object();
      whole = true;
      caller.socket.end(OK);
    });
    expect(causes(await failureOf(scanner.scan({ ...SMALL, size_bytes })))).toContain(said);
    expect(whole).toBe(false);
  });
});

describe('a check', () => {
  const saying = (said: string) => async (caller: Caller) => {
    await caller.command('zPING\0');
    caller.socket.end(said);
  };

  test('asks for no scan, and takes PONG for an answer', async () => {
    const scanner = await scannerOver(saying('PONG\0'));
    await expect(scanner.check()).resolves.toBeUndefined();
  });

  test.each(['', 'PONG', 'PONG\n', 'PONG\0PONG\0', 'stream: OK\0', 'UNKNOWN COMMAND\0'])(
    'takes nothing else: %j',
    async (said) => {
      const scanner = await scannerOver(saying(said));
      await failureOf(scanner.check());
    },
  );

  test('does not wait for ever', async () => {
    const asked = Promise.withResolvers<void>();
    const scanner = await scannerOver(async (caller) => {
      await caller.command('zPING\0');
      asked.resolve();
    });
    const check = scanner.check();
    await asked.promise;
    vi.advanceTimersByTime(60_000);
    await failureOf(check);
  });
});
