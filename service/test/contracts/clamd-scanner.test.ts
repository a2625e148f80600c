import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseClamdAddress } from '../../src/domain/clamd-address.ts';
import { isDomainError } from '../../src/domain/errors.ts';
import { createClamdScanner } from '../../src/drivers/clamd/clamd-scanner.ts';
import {
  type ClamdProcess,
  EICAR_SIGNATURE,
  FILE_LIMIT,
  HAS_CLAMD,
  STREAM_LIMIT,
  skipWithoutClamd,
  startClamd,
} from '../support/clamd-process.ts';
import { EICAR } from '../support/eicar-images.ts';
import { objectOf } from '../support/scanned-object.ts';
import { describeScanner } from './scanner.contract.ts';

const WAYS = ['tcp', 'socket'] as const;
const MIB = 1024 * 1024;

for (const way of WAYS) {
  describeScanner(
    `clamd (${way})`,
    async () => {
      const clamd = await startClamd();
      const scanner = createClamdScanner({ address: parseClamdAddress(clamd[way]) });
      return {
        scanner,
        offer: async (bytes) => objectOf(bytes),
        breakDown: () => clamd.stop(),
        close: () => clamd.stop(),
      };
    },
    { signature: EICAR_SIGNATURE, available: HAS_CLAMD, skip: skipWithoutClamd },
  );
}

describe('a real clamd', () => {
  let clamd: ClamdProcess | undefined;
  let alerting: ClamdProcess | undefined;
  beforeAll(async () => {
    if (!HAS_CLAMD) return;
    [clamd, alerting] = await Promise.all([startClamd(), startClamd(['AlertExceedsMax yes'])]);
  });
  afterAll(() => Promise.all([clamd?.stop(), alerting?.stop()]));
  beforeEach(skipWithoutClamd);

  /** A scanner that sends whatever it is given, however long. */
  const sending = (to: ClamdProcess | undefined, way: (typeof WAYS)[number]) =>
    createClamdScanner({ address: parseClamdAddress(to?.[way] ?? ''), maxBytes: 1024 * MIB });
  const withEicar = (length: number) => {
    const bytes = Buffer.alloc(length, 'pixels ');
    bytes.set(EICAR, length - EICAR.length);
    return bytes;
  };
  const tooLarge = { verdict: 'unscannable', reason: 'too_large' };

  test.each(
    WAYS.flatMap((way) => [
      { way, size: STREAM_LIMIT + 1 },
      { way, size: 2 * STREAM_LIMIT },
      { way, size: 64 * MIB },
    ]),
  )('says of what is over its stream limit that it is too large: $size bytes over $way', async (given) => {
    const object = objectOf(Buffer.alloc(given.size));
    const scanner = sending(clamd, given.way);
    const outcomes = [];
    for (let n = 0; n < 5; n++) outcomes.push(await scanner.scan(object).catch((error: unknown) => error));
    expect(outcomes).toContainEqual(tooLarge);
    // Where the connection breaks in the moment before the answer is read there is none; never is there another.
    const others = outcomes.filter((outcome) => !isDomainError(outcome, 'unavailable'));
    for (const outcome of others) expect(outcome).toEqual(tooLarge);
  });

  test('is told of no object that is longer than it looks at, since of such it says OK', async () => {
    const [most, over] = [withEicar(FILE_LIMIT), withEicar(FILE_LIMIT + 1)];
    const unaware = sending(clamd, 'tcp');
    expect(await unaware.scan(objectOf(most))).toEqual({ verdict: 'infected', signature: EICAR_SIGNATURE });
    // What `maxBytes` is for: were this another verdict, nobody would need it.
    expect(await unaware.scan(objectOf(over))).toEqual({ verdict: 'clean' });
    const address = parseClamdAddress(clamd?.tcp ?? '');
    const aware = createClamdScanner({ address, maxBytes: FILE_LIMIT });
    expect(await aware.scan(objectOf(most))).toMatchObject({ verdict: 'infected' });
    expect(await aware.scan(objectOf(over))).toEqual(tooLarge);
  });

  test('that is to tell what it has not looked at calls it too large, and not infected', async () => {
    const over = objectOf(withEicar(FILE_LIMIT + 1));
    expect(await sending(alerting, 'tcp').scan(over)).toEqual(tooLarge);
  });

  test.each(WAYS)('finds EICAR wherever the pieces of an object part it (%s)', async (way) => {
    const scanner = sending(clamd, way);
    for (const size of [1, 7, 67, 65_536]) {
      const object = objectOf(withEicar(70_000).subarray(70_000 - Math.min(70_000, size * 300)), size);
      expect(await scanner.scan(object)).toMatchObject({ verdict: 'infected' });
    }
  });

  test('finds nothing in no bytes', async () => {
    expect(await sending(clamd, 'tcp').scan(objectOf(Buffer.alloc(0)))).toEqual({ verdict: 'clean' });
  });

  test('that is killed while it is being sent an object gives no verdict', async () => {
    const dying = await startClamd();
    const bytes = Buffer.alloc(MIB);
    const object = {
      ...objectOf(bytes),
      async *stream() {
        yield bytes.subarray(0, 1000);
        await dying.stop();
        yield bytes.subarray(1000);
      },
    };
    const scanner = sending(dying, 'tcp');
    for (const ask of [() => scanner.scan(object), () => scanner.check()]) {
      const failure = await ask().catch((error: unknown) => error);
      expect(isDomainError(failure, 'unavailable')).toBe(true);
    }
  });
});
