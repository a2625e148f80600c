import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { ALL, listed } from '../../../test/support/listed.ts';
import { memoryDeps } from '../../../test/support/memory-deps.ts';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import { type ScriptedAnswer, scriptedScanner } from '../../../test/support/scripted-scanner.ts';
import { bytesOf, put } from '../../../test/support/stored-bytes.ts';
import { DomainError, unavailable } from '../../domain/errors.ts';
import type { ImageRecord } from '../../domain/image.ts';
import type { Verdict } from '../../ports/scanner.ts';
import { type ScanDeps, scanImage } from './scan-image.ts';

const BYTES = bytesOf(1000);
const SCANNING = sampleRecord({ status: 'scanning', size_bytes: BYTES.length, version: 2, revision: 5 });
const { image_id, object_key } = SCANNING;

const CLEAN: Verdict = { verdict: 'clean' };
const PENDING: Verdict = { verdict: 'pending' };
const INFECTED: Verdict = { verdict: 'infected', signature: 'Eicar-Test-Signature' };
const TOO_LARGE: Verdict = { verdict: 'unscannable', reason: 'too_large' };
const UNSUPPORTED: Verdict = { verdict: 'unscannable', reason: 'unsupported' };
const DOWN = unavailable('The scanner cannot be reached.', new Error('ECONNREFUSED'));

/** An image that is to be scanned, with its bytes, and a scanner that answers so. */
async function withAnswers(...answers: readonly ScriptedAnswer[]) {
  const { deps, log } = memoryDeps();
  await deps.index.insert(SCANNING);
  await put(deps.objects, object_key, BYTES);
  const scanner = scriptedScanner(...answers);
  const scanDeps: ScanDeps & typeof deps = { ...deps, scanner };
  const stored = () => deps.index.get(image_id);
  return { deps: scanDeps, scanner, log, stored };
}

const after = (differing: Partial<ImageRecord>): ImageRecord => ({
  ...SCANNING,
  background_revision: 1,
  ...differing,
});

describe('an image of which the scanner says that it', () => {
  test('is clean becomes ready, and is listed', async () => {
    const { deps, stored, log } = await withAnswers(CLEAN);
    expect(await scanImage(deps, SCANNING)).toEqual(after({ status: 'ready' }));
    expect(await stored()).toEqual(after({ status: 'ready' }));
    expect(await listed(deps.index, ALL)).toEqual([image_id]);
    expect(log).toEqual([]);
  });

  test.each([
    ['is infected', INFECTED, 'infected: Eicar-Test-Signature'],
    ['is too large to be looked at', TOO_LARGE, 'too_large_to_scan'],
    ['is of a kind that it cannot look into', UNSUPPORTED, 'unscannable'],
  ])('%s is rejected, with that as the reason, and logged', async (_what, verdict, rejection_reason) => {
    const { deps, stored, log } = await withAnswers(verdict);
    const rejected = after({ status: 'rejected', rejection_reason });
    expect(await scanImage(deps, SCANNING)).toEqual(rejected);
    expect(await stored()).toEqual(rejected);
    expect(await listed(deps.index, ALL)).toEqual([]);
    const fields = { image_id, reason: rejection_reason };
    expect(log).toEqual([{ level: 'warn', fields, message: expect.any(String) }]);
  });

  test('has not been looked at yet waits as it is', async () => {
    const { deps, stored } = await withAnswers(PENDING);
    await expect(scanImage(deps, SCANNING)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stored()).toEqual(SCANNING);
  });
});

describe('a scanner that cannot be asked', () => {
  test('leaves the image waiting, with that as the reason, written once however often it is tried', async () => {
    const { deps, stored } = await withAnswers(DOWN, DOWN, DOWN);
    const waiting = after({ rejection_reason: 'scanner_unavailable' });
    for (let tries = 1; tries <= 3; tries++) {
      await expect(scanImage(deps, (await stored()) ?? SCANNING)).rejects.toBe(DOWN);
      expect(await stored()).toEqual(waiting);
    }
    expect(await listed(deps.index, ALL)).toEqual([]);
  });

  test.each([
    [CLEAN, { status: 'ready', rejection_reason: null }],
    [INFECTED, { status: 'rejected', rejection_reason: 'infected: Eicar-Test-Signature' }],
    [TOO_LARGE, { status: 'rejected', rejection_reason: 'too_large_to_scan' }],
  ] as const)(
    'and then can, with %j, has said why the image waited for the last time',
    async (verdict, is) => {
      const { deps, stored } = await withAnswers(DOWN, verdict);
      await expect(scanImage(deps, SCANNING)).rejects.toBe(DOWN);
      await scanImage(deps, SCANNING);
      expect(await stored()).toEqual(after({ ...is, background_revision: 2 }));
    },
  );

  test.each([[new Error('a defect')], [new DomainError('internal', 'A defect.')]])(
    'because of %s is a failure that says nothing of the scanner',
    async (defect) => {
      const { deps, stored } = await withAnswers(defect);
      await expect(scanImage(deps, SCANNING)).rejects.toBe(defect);
      expect(await stored()).toEqual(SCANNING);
    },
  );

  test('because there is none any more leaves the image waiting', async () => {
    const { deps, stored } = await withAnswers();
    const scanning = scanImage({ ...deps, scanner: undefined }, SCANNING);
    await expect(scanning).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stored()).toEqual(SCANNING);
  });
});

describe('an image that is scanned', () => {
  test('is scanned whole', async () => {
    const { deps, scanner } = await withAnswers(CLEAN);
    await scanImage(deps, SCANNING);
    expect(scanner.scanned).toEqual([{ key: object_key, size_bytes: BYTES.length, bytes: BYTES }]);
  });

  test('can be read more than once', async () => {
    const { deps } = await withAnswers();
    const read: Buffer[] = [];
    const scanner = {
      ...scriptedScanner(),
      async scan({ stream }: Parameters<NonNullable<ScanDeps['scanner']>['scan']>[0]) {
        for (const _ of [1, 2]) read.push(await buffer(stream()));
        return CLEAN;
      },
    };
    await scanImage({ ...deps, scanner }, SCANNING);
    expect(read).toEqual([BYTES, BYTES]);
  });

  test.each([[CLEAN], [INFECTED], [PENDING], [DOWN]])('is closed after %j', async (answer) => {
    const { deps } = await withAnswers(answer);
    let open = 0;
    const objects = {
      ...deps.objects,
      async open(key: string) {
        const object = await deps.objects.open(key);
        open++;
        return object && { ...object, close: async () => void open-- };
      },
    };
    await scanImage({ ...deps, objects }, SCANNING).catch(() => {});
    expect(open).toBe(0);
  });

  test('but whose bytes are gone is left to whoever took them, and the scanner not asked', async () => {
    const { deps, stored, scanner } = await withAnswers(CLEAN);
    await deps.objects.delete(object_key);
    expect(await scanImage(deps, SCANNING)).toBeUndefined();
    expect(await stored()).toEqual(SCANNING);
    expect(scanner.scanned).toEqual([]);
  });

  test('but whose bytes cannot be read now waits, and it is not said to be the scanner', async () => {
    const { deps, stored } = await withAnswers(CLEAN);
    const failure = unavailable('The object store cannot do this now.', new Error('broken'));
    const objects = { ...deps.objects, open: () => Promise.reject(failure) };
    await expect(scanImage({ ...deps, objects }, SCANNING)).rejects.toBe(failure);
    expect(await stored()).toEqual(SCANNING);
  });
});

describe('while an image is being scanned', () => {
  type Deps = Awaited<ReturnType<typeof withAnswers>>['deps'];

  /** What is stored after something has happened during a scan that ends so. */
  async function scanDuring(happens: (deps: Deps) => Promise<void>, ends: Verdict | Error = CLEAN) {
    const opened: Awaited<ReturnType<typeof withAnswers>> = await withAnswers(async () => {
      await happens(opened.deps);
      if (ends instanceof Error) throw ends;
      return ends;
    });
    const scanned = await scanImage(opened.deps, SCANNING).catch((error: unknown) => error);
    return { scanned, stored: await opened.stored() };
  }

  test.each([[CLEAN], [INFECTED], [DOWN]])(
    'a caller may delete it: it is not made again by %j',
    async (ends) => {
      const { scanned, stored } = await scanDuring(({ index }) => index.remove(SCANNING), ends);
      expect(scanned).toBe(ends === DOWN ? DOWN : undefined);
      expect(stored).toBeUndefined();
    },
  );

  test.each([[CLEAN], [INFECTED], [DOWN]])(
    'a caller may replace its bytes: %j is said of those before, and the new version waits for its own',
    async (ends) => {
      const next = { ...SCANNING, version: 3, revision: 1, object_key: `${object_key}.v3` };
      const { scanned, stored } = await scanDuring(({ index }) => index.replace(SCANNING, next), ends);
      expect(scanned).toBe(ends === DOWN ? DOWN : undefined);
      expect(stored).toEqual(next);
    },
  );

  test.each([
    [CLEAN, { status: 'ready' }],
    [INFECTED, { status: 'rejected', rejection_reason: 'infected: Eicar-Test-Signature' }],
    [DOWN, { rejection_reason: 'scanner_unavailable' }],
  ] as const)('a caller may change its title, which stays: %j', async (ends, is) => {
    const next = { ...SCANNING, title: 'Better', revision: 6 };
    const { stored } = await scanDuring(({ index }) => index.replace(SCANNING, next), ends);
    expect(stored).toEqual(after({ ...is, title: 'Better', revision: 6 }));
  });

  test.each([
    [CLEAN, { status: 'rejected', rejection_reason: 'infected: X' }],
    [INFECTED, { status: 'ready' }],
    [DOWN, { status: 'ready' }],
    [DOWN, { status: 'rejected', rejection_reason: 'unscannable' }],
  ] as const)('what another scan has decided first stays: %j after %j', async (ends, first) => {
    const decided: ImageRecord = { ...SCANNING, ...first, background_revision: 1 };
    const { stored } = await scanDuring(({ index }) => index.replace(SCANNING, decided), ends);
    expect(stored).toEqual(decided);
  });
});

test('nothing but the word `clean` makes an image ready, in whatever order answers come', async () => {
  const others = [PENDING, INFECTED, TOO_LARGE, UNSUPPORTED, DOWN, new Error('a defect')];
  for (const first of others) {
    for (const second of others) {
      const { deps, stored } = await withAnswers(first, second);
      for (let tries = 1; tries <= 2; tries++) {
        await scanImage(deps, (await stored()) ?? SCANNING).catch(() => {});
        const { status } = (await stored()) ?? {};
        expect(['scanning', 'rejected'], JSON.stringify([first, second])).toContain(status);
        expect(await listed(deps.index, ALL)).toEqual([]);
      }
    }
  }
});
