import { afterAll, beforeAll, beforeEach, describe, expect, type TestContext, test } from 'vitest';
import { isDomainError } from '../../src/domain/errors.ts';
import type { ScannedObject, Scanner } from '../../src/ports/scanner.ts';
import { EICAR, EICAR_IMAGES } from '../support/eicar-images.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

export interface OpenedScanner {
  readonly scanner: Scanner;
  /** An object with these bytes, of which the scanner has had the time to learn. */
  offer(bytes: Buffer): Promise<ScannedObject>;
  /** From now on there is nothing behind the driver. */
  breakDown(): Promise<void>;
  close(): Promise<void>;
}

export interface ScannerTraits {
  /** What it calls EICAR, which it must know. */
  readonly signature: string;
  /** False where there is nothing to open; `skip` then says why. */
  readonly available?: boolean;
  readonly skip?: (context: TestContext) => void;
}

/** Every promise of the port, held against one driver. */
export function describeScanner(
  name: string,
  open: () => Promise<OpenedScanner>,
  { signature, available = true, skip = () => {} }: ScannerTraits,
): void {
  describe(`the scanner: ${name}`, () => {
    let opened: OpenedScanner | undefined;
    const need = (): OpenedScanner => {
      if (opened === undefined) throw new Error('The scanner is not open.');
      return opened;
    };
    const verdictOn = async (bytes: Buffer) => need().scanner.scan(await need().offer(bytes));
    const infected = { verdict: 'infected', signature };
    const clean = { verdict: 'clean' };

    beforeAll(async () => {
      if (available) opened = await open();
    });
    afterAll(() => opened?.close());
    beforeEach(skip);

    test('can be asked', async () => {
      await expect(need().scanner.check()).resolves.toBeUndefined();
    });

    test.each(Object.entries(SMALL_IMAGES))('finds nothing in an image: %s', async (_type, { bytes }) => {
      expect(await verdictOn(bytes)).toEqual(clean);
    });

    test.each(EICAR_IMAGES)('finds EICAR $name, and says its name for it', async ({ bytes }) => {
      expect(await verdictOn(bytes)).toEqual(infected);
    });

    test('finds what is in the middle of a million bytes', async () => {
      const bytes = Buffer.alloc(1_000_000, 'pixels ');
      expect(await verdictOn(bytes)).toEqual(clean);
      bytes.set(EICAR, 700_001);
      expect(await verdictOn(bytes)).toEqual(infected);
    });

    test('has one verdict as often as it is asked', async () => {
      const object = await need().offer(EICAR_IMAGES[0]?.bytes ?? EICAR);
      expect([await need().scanner.scan(object), await need().scanner.scan(object)]).toEqual([
        infected,
        infected,
      ]);
    });

    test('tells apart what it is asked at the same time', async () => {
      const objects = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          need().offer(Buffer.concat([Buffer.from(`number ${n} `), ...(n % 3 === 0 ? [EICAR] : [])])),
        ),
      );
      const verdicts = await Promise.all(objects.map((object) => need().scanner.scan(object)));
      expect(verdicts).toEqual(objects.map((_, n) => (n % 3 === 0 ? infected : clean)));
    });

    test('gives no verdict, but a failure, when it has broken down', async () => {
      const object = await need().offer(SMALL_IMAGES['image/png'].bytes);
      await need().breakDown();
      const failure = await need()
        .scanner.scan(object)
        .catch((error: unknown) => error);
      expect(isDomainError(failure, 'unavailable') && failure.cause).toBeInstanceOf(Error);
    });
  });
}
