import { createAwsClients } from '../drivers/aws/clients.ts';
import type { Log } from '../ports/log.ts';
import type { Scanner } from '../ports/scanner.ts';
import { functionConfig } from './lambda-config.ts';
import { openGuardDuty, openScanner } from './scanner.ts';

/** This function's scanner, from its environment. Apart, so that no other function has its code. */
export async function openFunctionScanner(log: Log): Promise<Scanner | undefined> {
  const { scanner, storage } = functionConfig();
  return openScanner(scanner, log, async () => {
    if (storage.kind !== 'aws') throw new Error('GuardDuty scans buckets alone.');
    return openGuardDuty(storage, createAwsClients({ s3PathStyle: storage.s3PathStyle }));
  });
}
