import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sampleRecord } from '../../../test/support/sample-record.ts';
import type { ImageStatus } from '../../domain/image.ts';
import { documentVersion, GONE_VERSION } from './search-document.ts';

const counter = fc.integer({ min: 1, max: 1_000_000 });
const counters = fc.record({ version: counter, revision: counter, background_revision: counter });

describe('the version of a document', () => {
  test('is that of the record: version first, then revision, then what background work wrote', () => {
    fc.assert(
      fc.property(counters, counters, (a, b) => {
        const order =
          a.version - b.version || a.revision - b.revision || a.background_revision - b.background_revision;
        const [left, right] = [documentVersion(sampleRecord(a)), documentVersion(sampleRecord(b))];
        expect(Math.sign(order)).toBe(Number(left > right) - Number(left < right));
      }),
    );
  });

  test('goes on with the status where no counter does', () => {
    const versions = (['pending', 'scanning', 'ready'] satisfies ImageStatus[]).map((status) =>
      documentVersion(sampleRecord({ status })),
    );
    expect(versions.toSorted((a, b) => Number(a - b))).toEqual(versions);
    expect(new Set(versions).size).toBe(3);
  });

  test('is below that of what is gone, and both fit into the engine’s 64 bits', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const last = documentVersion(sampleRecord({ version: most, revision: most, background_revision: most }));
    expect(last).toBeLessThan(GONE_VERSION);
    expect(GONE_VERSION).toBeLessThan(2n ** 63n);
  });
});
