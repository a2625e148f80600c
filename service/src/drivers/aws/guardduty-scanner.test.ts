import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { awsError, OUTAGES, stubbedClient } from '../../../test/support/stubbed-aws.ts';
import { isDomainError } from '../../domain/errors.ts';
import { GuardDutyScanner } from './guardduty-scanner.ts';

/** GuardDuty has seen it: its bytes are nobody else's to read. */
const OBJECT = {
  key: 'alice/one',
  size_bytes: 5,
  stream(): AsyncIterable<Uint8Array> {
    throw new Error('The bytes were read.');
  },
};

function scannerOver(tags: Readonly<Record<string, string>> | Error) {
  const { client, sent } = stubbedClient<S3Client>(() => {
    if (tags instanceof Error) throw tags;
    return { TagSet: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
  });
  return { scanner: new GuardDutyScanner({ client, bucket: 'pictures' }), sent };
}

const verdictFor = (tags: Readonly<Record<string, string>>) => scannerOver(tags).scanner.scan(OBJECT);
const failureFor = (tags: Readonly<Record<string, string>> | Error): Promise<unknown> =>
  scannerOver(tags)
    .scanner.scan(OBJECT)
    .catch((error: unknown) => error);

describe('what GuardDuty wrote on an object', () => {
  test.each([
    ['NO_THREATS_FOUND', { verdict: 'clean' }],
    ['THREATS_FOUND', { verdict: 'infected', signature: 'GuardDuty' }],
    ['UNSUPPORTED', { verdict: 'unscannable', reason: 'unsupported' }],
  ])('%s is a verdict', async (GuardDutyMalwareScanStatus, verdict) => {
    expect(await verdictFor({ team: 'a', GuardDutyMalwareScanStatus, other: 'b' })).toEqual(verdict);
  });

  test.each([
    ['nothing', {}],
    ["others' tags", { project: 'NO_THREATS_FOUND', guarddutymalwarescanstatus: 'NO_THREATS_FOUND' }],
  ])('%s means that it has not got there yet', async (_what, tags) => {
    expect(await verdictFor(tags)).toEqual({ verdict: 'pending' });
  });

  test.each(['ACCESS_DENIED', 'FAILED', '', 'no_threats_found', 'NO_THREATS_FOUND ', 'NEVER_SEEN_BEFORE'])(
    '%j is no verdict, and the log says what it was',
    async (GuardDutyMalwareScanStatus) => {
      const failure = await failureFor({ GuardDutyMalwareScanStatus });
      expect(isDomainError(failure, 'unavailable') && String(failure.cause)).toContain(
        `GuardDuty says ${JSON.stringify(GuardDutyMalwareScanStatus)} of alice/one`,
      );
    },
  );

  test('is asked for by one request', async () => {
    const { scanner, sent } = scannerOver({});
    await scanner.scan(OBJECT);
    expect(sent).toEqual([{ name: 'GetObjectTagging', input: { Bucket: 'pictures', Key: 'alice/one' } }]);
  });
});

describe('an object of which nothing can be learnt', () => {
  test.each([...OUTAGES, ['a missing object', awsError('NoSuchKey', 404)] as const])(
    'is not clean, but to be asked for again: %s',
    async (_what, error) => {
      const failure = await failureFor(error);
      expect(isDomainError(failure, 'unavailable') && failure.cause).toBe(error);
    },
  );
});

test('that the scanner can be asked needs no request', async () => {
  const { scanner, sent } = scannerOver(awsError('ServiceUnavailable', 503));
  await expect(scanner.check()).resolves.toBeUndefined();
  expect(sent).toEqual([]);
});
