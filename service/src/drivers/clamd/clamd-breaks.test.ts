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
import { createClamdScanner } from './clamd-scanner.ts';

const MIB = 1024 * 1024;
const OK = 'stream: OK\0';
const CLEAN = { verdict: 'clean' };

watchTimersAndSockets();

describe('a connection that breaks', () => {
  test.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'gives no verdict, whenever that is (%s)',
    async (cut) => {
      const moments: ((caller: Caller) => Promise<unknown> | unknown)[] = [
        () => {},
        (caller) => caller.command('zINSTREAM\0'),
        async (caller) => {
          await caller.command('zINSTREAM\0');
          await caller.piece();
        },
        (caller) => caller.object(),
      ];
      for (const until of moments) {
        const scanner = await scannerOver(async (caller) => {
          await until(caller);
          caller.socket[cut]();
        });
        const failure = await failureOf(scanner.scan(objectOf(Buffer.alloc(8 * MIB))));
        expect(failure.cause).toBeInstanceOf(Error);
        await scanner.stop();
      }
    },
  );

  test('after an answer that says OK leaves the object unscanned', async () => {
    const scanner = await scannerOver(async (caller) => {
      await caller.object();
      await caller.say('stream: OK\0');
      caller.socket.resetAndDestroy();
    });
    await failureOf(scanner.scan(SMALL));
  });

  test('ends the reading of the object', async () => {
    const scanner = await scannerOver(async (caller) => {
      await caller.command('zINSTREAM\0');
      await caller.piece();
      caller.socket.resetAndDestroy();
    });
    const closed = Promise.withResolvers<void>();
    let given = 0;
    const object = objectFrom(20 * MIB, async function* () {
      try {
        for (; given < 20 * MIB; given += MIB) yield Buffer.alloc(MIB);
      } finally {
        closed.resolve();
      }
    });
    await failureOf(scanner.scan(object));
    await closed.promise;
    expect(given).toBeLessThan(20 * MIB);
  });

  test('while the object is waited for is noticed at once', async () => {
    const scanner = await scannerOver(async (caller) => {
      await caller.command('zINSTREAM\0');
      await caller.piece();
      caller.socket.destroy();
    });
    const never = Promise.withResolvers<void>();
    const object = objectFrom(2, async function* () {
      yield Buffer.from('1');
      await never.promise;
    });
    await failureOf(scanner.scan(object));
  });
});

describe('a clamd that is not there', () => {
  test('is unavailable, to a scan and to a check', async () => {
    const scanner = await scannerOver(() => {});
    await scanner.stop();
    for (const ask of [() => scanner.scan(SMALL), () => scanner.check()]) {
      expect(causes(await failureOf(ask()))).toMatch(/cannot be reached now.*ECONNREFUSED/);
    }
  });

  test('behind a socket that is not there is unavailable', async () => {
    await using folder = await scratchFolder();
    const address = { kind: 'socket', path: join(folder.path, 'none') } as const;
    expect(causes(await failureOf(createClamdScanner({ address }).check()))).toContain('ENOENT');
  });
});

describe('patience', () => {
  const silent = () => {};
  const afterAllBytes = async (scan: Promise<unknown>, read: Promise<unknown>, ms: number) => {
    await read;
    vi.advanceTimersByTime(ms);
    return failureOf(scan);
  };

  test('ends 5 seconds after the start where there is no connection by then', async () => {
    const scanner = await scannerOver(silent);
    const scan = scanner.scan(SMALL);
    vi.advanceTimersByTime(5000);
    expect(causes(await failureOf(scan))).toContain('no connection within 5000 ms');
  });

  test('does not end before', async () => {
    const scanner = await scannerOver(answering(OK));
    const scan = scanner.scan(SMALL);
    vi.advanceTimersByTime(4999);
    expect(await scan).toEqual(CLEAN);
  });

  test('ends where no answer comes within 60 seconds', async () => {
    const read = Promise.withResolvers<void>();
    const scanner = await scannerOver(async (caller) => {
      await caller.object();
      read.resolve();
    });
    const failure = await afterAllBytes(scanner.scan(SMALL), read.promise, 60_000);
    expect(causes(failure)).toContain('no progress within 60000 ms');
  });

  test('ends where an answer comes and the connection stays', async () => {
    const said = Promise.withResolvers<void>();
    const scanner = await scannerOver(async (caller) => {
      await caller.object();
      await caller.say(OK);
      said.resolve();
    });
    const scan = scanner.scan(SMALL);
    await said.promise;
    for (let n = 0; n < 10; n++) await setImmediate();
    vi.advanceTimersByTime(60_000);
    await failureOf(scan);
  });

  test('ends where clamd takes no more bytes', async () => {
    const scanner = await scannerOver(({ socket }) => socket.pause(), { maxBytes: 1024 * MIB });
    const piece = Buffer.alloc(64 * 1024);
    let given = 0;
    const scan = scanner.scan(
      objectFrom(1024 * MIB, async function* () {
        for (; given < 1024 * MIB; given += piece.length) yield piece;
      }),
    );
    // Full is where nothing more has gone for many turns.
    for (let [turns, last] = [0, -1]; turns < 1000; turns = given === last ? turns + 1 : 0) {
      last = given;
      await setImmediate();
    }
    vi.advanceTimersByTime(60_000);
    expect(causes(await failureOf(scan))).toContain('no progress');
    expect(given).toBeLessThan(64 * MIB);
  });

  test('ends where the source gives no more', async () => {
    const scanner = await scannerOver((caller) => caller.object());
    const never = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    const scan = scanner.scan(
      objectFrom(2, async function* () {
        yield Buffer.from('1');
        waiting.resolve();
        await never.promise;
      }),
    );
    await afterAllBytes(scan, waiting.promise, 60_000);
    never.resolve();
  });

  test('does not end as long as something goes on, however long it takes', async () => {
    const scanner = await scannerOver(async (caller) => {
      await caller.object();
      for (const text of ['stream', ': O', 'K\0']) {
        for (let n = 0; n < 10; n++) await setImmediate();
        vi.advanceTimersByTime(59_000);
        await caller.say(text);
      }
      for (let n = 0; n < 10; n++) await setImmediate();
      vi.advanceTimersByTime(59_000);
      caller.socket.end();
    });
    const object = objectFrom(5, async function* () {
      for (let n = 0; n < 5; n++) {
        vi.advanceTimersByTime(59_000);
        yield Buffer.from('x');
      }
    });
    expect(await scanner.scan(object)).toEqual(CLEAN);
  });

  test('is as long as it is said to be', async () => {
    const read = Promise.withResolvers<void>();
    const scanner = await scannerOver(
      async (caller) => {
        await caller.object();
        read.resolve();
      },
      { connectMs: 100, progressMs: 200 },
    );
    const connecting = scanner.scan(SMALL);
    vi.advanceTimersByTime(100);
    expect(causes(await failureOf(connecting))).toContain('within 100 ms');
    expect(causes(await afterAllBytes(scanner.scan(SMALL), read.promise, 200))).toContain('within 200 ms');
  });
});
