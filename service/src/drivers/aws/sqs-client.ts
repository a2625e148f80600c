import { SQSClient } from '@aws-sdk/client-sqs';
import { commonSettings, type SdkSettings } from './sdk-settings.ts';

/** The client of the job queue: apart from the others, since most functions never queue a job. */
export function createSqsClient({ endpoint, ...settings }: SdkSettings & { endpoint?: string }): SQSClient {
  return new SQSClient({ ...commonSettings(settings), ...(endpoint === undefined ? {} : { endpoint }) });
}
