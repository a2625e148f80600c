import type { ScannerConfig } from '../config/scanner.ts';
import type { AwsStorageConfig } from '../config/storage.ts';
import type { AwsClients } from '../drivers/aws/clients.ts';
import type { Log } from '../ports/log.ts';
import type { Scanner } from '../ports/scanner.ts';

/**
 * The scanner that the configuration names; what only others need is never loaded. One that cannot be asked
 * now is no reason not to start: images wait for it.
 * @param openGuardDuty what GuardDuty's verdicts are read with, where there is a bucket.
 */
export async function openScanner(
  config: ScannerConfig,
  log: Log,
  openGuardDuty?: () => Promise<Scanner>,
): Promise<Scanner | undefined> {
  if (config.kind === 'none') return undefined;
  if (config.kind === 'guardduty') return openGuardDuty?.();
  const { createClamdScanner } = await import('../drivers/clamd/clamd-scanner.ts');
  const scanner = createClamdScanner({ address: config.address, maxBytes: config.maxBytes });
  void scanner.check().catch((error: unknown) => {
    log.warn({ err: error }, 'clamd cannot be asked now: images wait, and are not served, until it can');
  });
  return scanner;
}

/** Reads the verdicts that GuardDuty has left at the bucket's objects. */
export async function openGuardDuty(
  { bucket }: Pick<AwsStorageConfig, 'bucket'>,
  { s3 }: Pick<AwsClients, 's3'>,
): Promise<Scanner> {
  const { GuardDutyScanner } = await import('../drivers/aws/guardduty-scanner.ts');
  return new GuardDutyScanner({ client: s3, bucket });
}
