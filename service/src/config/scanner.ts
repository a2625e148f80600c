import * as z from 'zod';
import { type ClamdAddress, clamdAddress } from '../domain/clamd-address.ts';
import { wholeNumber } from './numbers.ts';

/** Who looks at an image's bytes before anybody is given them. */
export type ScannerConfig =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'clamd';
      readonly address: ClamdAddress;
      /** The longest image that it looks at. */
      readonly maxBytes: number;
    }
  /** GuardDuty's malware protection of the bucket, which looks by itself. */
  | { readonly kind: 'guardduty' };

export const scannerEnvironment = {
  SCANNER: z.enum(['none', 'clamd', 'guardduty'], 'must be none, clamd or guardduty').default('none'),
  CLAMD_ADDRESS: clamdAddress.optional(),
  // As Debian sets StreamMaxLength and MaxFileSize.
  CLAMD_MAX_BYTES: wholeNumber(1, 5_000_000_000).default(25 * 1024 * 1024),
};

type ScannerEnvironment = z.output<z.ZodObject<typeof scannerEnvironment>> & { readonly STORAGE: string };

/** What is missing or wrong for the scanner that is wanted. */
export function problemsOfScanner({ SCANNER, CLAMD_ADDRESS, STORAGE }: ScannerEnvironment): string[] {
  if (SCANNER === 'clamd' && CLAMD_ADDRESS === undefined) {
    return ['CLAMD_ADDRESS must say where clamd listens, such as 127.0.0.1:3310, since SCANNER is clamd.'];
  }
  if (SCANNER !== 'clamd' && CLAMD_ADDRESS !== undefined) {
    return [`CLAMD_ADDRESS is set, and SCANNER is ${SCANNER}: set SCANNER=clamd, or leave the address out.`];
  }
  if (SCANNER === 'guardduty' && STORAGE !== 'aws') {
    return ['SCANNER is guardduty, which scans buckets of S3 alone: set STORAGE=aws, or use clamd.'];
  }
  return [];
}

export function scannerOf({ SCANNER, CLAMD_ADDRESS, CLAMD_MAX_BYTES }: ScannerEnvironment): ScannerConfig {
  if (SCANNER === 'clamd' && CLAMD_ADDRESS !== undefined) {
    return { kind: 'clamd', address: CLAMD_ADDRESS, maxBytes: CLAMD_MAX_BYTES };
  }
  return { kind: SCANNER === 'guardduty' ? 'guardduty' : 'none' };
}
