import { GetObjectTaggingCommand, type S3Client } from '@aws-sdk/client-s3';
import { DomainError, unavailable } from '../../domain/errors.ts';
import type { ScannedObject, Scanner, Verdict } from '../../ports/scanner.ts';

export interface GuardDutyScannerOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/** The tag's name is GuardDuty's to give. */
const STATUS = 'GuardDutyMalwareScanStatus';

/**
 * Verdicts of GuardDuty Malware Protection for S3, which scans by itself what is put into a bucket and writes what
 * it found into a tag of the object:
 * https://docs.aws.amazon.com/guardduty/latest/ug/monitoring-malware-protection-s3-scans-gdu.html
 *
 * No object of ours comes near the size that it takes, 100 GB by now; what else it cannot look into, such as a file
 * behind a password, is `UNSUPPORTED` as well:
 * https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-quotas-guardduty.html
 *
 * Whoever may tag objects decides: the bucket's policy has to leave that to GuardDuty's role.
 */
export class GuardDutyScanner implements Scanner {
  readonly #options: GuardDutyScannerOptions;

  constructor(options: GuardDutyScannerOptions) {
    this.#options = options;
  }

  async scan(object: ScannedObject): Promise<Verdict> {
    const status = await this.#statusOf(object);
    switch (status) {
      case undefined:
        return { verdict: 'pending' };
      case 'NO_THREATS_FOUND':
        return { verdict: 'clean' };
      case 'THREATS_FOUND':
        // What they are called is in its findings alone.
        return { verdict: 'infected', signature: 'GuardDuty' };
      case 'UNSUPPORTED':
        return { verdict: 'unscannable', reason: 'unsupported' };
      default:
        // It did not look: it may not read the object (ACCESS_DENIED), or broke down (FAILED).
        throw scannerFailure(new Error(`GuardDuty says ${JSON.stringify(status)} of ${object.key}.`));
    }
  }

  /** There is nobody to ask: GuardDuty scans by itself, and whether it does is known from the objects alone. */
  async check(): Promise<void> {}

  async #statusOf({ key }: ScannedObject): Promise<string | undefined> {
    const { client, bucket } = this.#options;
    try {
      // Also fails where the object is gone: of what is not there nothing is known.
      const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }));
      return TagSet?.find(({ Key }) => Key === STATUS)?.Value;
    } catch (error) {
      throw scannerFailure(error);
    }
  }
}

function scannerFailure(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  return unavailable('The scanner gave no verdict.', error);
}
