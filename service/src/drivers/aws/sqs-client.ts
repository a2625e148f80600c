import { SQSClient } from '@aws-sdk/client-sqs';
import { commonSettings, type SdkSettings } from './sdk-settings.ts';
import { AROUND_SIGNING, skewRetried } from './skew-retried.ts';

/** Longer than the 20 seconds for which a poll may say nothing. */
const SILENCE_MS = 25_000;

/** The client of the job queue: apart from the others, since most functions never queue a job. */
export function createSqsClient({ endpoint, ...settings }: SdkSettings & { endpoint?: string }): SQSClient {
  const sqs = new SQSClient({
    ...commonSettings({ silenceMs: SILENCE_MS, ...settings }),
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  sqs.middlewareStack.add(skewRetried, AROUND_SIGNING);
  return sqs;
}
