import { CreateBucketCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../credentials.ts';

export const BUCKET = 'images';

export function clientAt(endpoint: string, more: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint,
    region: EMULATOR_REGION,
    credentials: EMULATOR_CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...more,
  });
}

export async function createSampleBucket(client: S3Client): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
}

/** An expectation for what the SDK throws. */
export function answered(status: number, name?: string) {
  return { $metadata: { httpStatusCode: status }, ...(name && { name }) };
}

/** The status of an answer, and the code of its error where it is one. */
export async function outcome(response: Response): Promise<readonly [number, string?]> {
  const [, code] = /<Code>(\w+)<\/Code>/.exec(await response.text()) ?? [];
  return code === undefined ? [response.status] : [response.status, code];
}
