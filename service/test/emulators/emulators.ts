import { EMULATOR_CREDENTIALS } from './credentials.ts';
import { type DynamoDbEmulator, startDynamoDb } from './dynamodb/dynamodb.ts';
import { type S3Emulator, startS3 } from './s3/s3.ts';

/** What stands for AWS in this process. */
export interface Emulators {
  readonly dynamodb: DynamoDbEmulator;
  readonly s3: S3Emulator;
  stop(): Promise<void>;
}

/** Starts DynamoDB, S3 and SQS, empty, on free ports. */
export async function startEmulators(credentials = EMULATOR_CREDENTIALS): Promise<Emulators> {
  const [dynamodb, s3] = await Promise.all([startDynamoDb(), startS3(credentials)]);
  return {
    dynamodb,
    s3,
    async stop() {
      await Promise.all([dynamodb.stop(), s3.stop()]);
    },
  };
}
