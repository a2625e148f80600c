import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { commonSettings, type SdkSettings } from './sdk-settings.ts';

/**
 * Where AWS is. Left out, the SDK finds it as it always does: region, credentials and endpoints
 * (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`, ...) from the environment, profiles or the function's role.
 */
export interface AwsLocation extends SdkSettings {
  readonly endpoints?: { readonly dynamodb?: string; readonly s3?: string };
  /** Buckets in the path of S3's URLs and not in the host: what engines other than AWS understand. */
  readonly s3PathStyle: boolean;
}

export interface AwsClients {
  readonly dynamodb: DynamoDBClient;
  readonly s3: S3Client;
}

/** The clients of one process, made once: their connections are kept for every request. */
export function createAwsClients({ endpoints, s3PathStyle, ...settings }: AwsLocation): AwsClients {
  const common = commonSettings(settings);
  const at = (endpoint: string | undefined) => (endpoint === undefined ? {} : { endpoint });
  return {
    dynamodb: new DynamoDBClient({ ...common, ...at(endpoints?.dynamodb) }),
    s3: new S3Client({
      ...common,
      ...at(endpoints?.s3),
      forcePathStyle: s3PathStyle,
      // Checksums are ours to give (SHA-256 on every put); others' engines stumble over the SDK's own.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
  };
}

export function destroyAwsClients({ dynamodb, s3 }: AwsClients): void {
  dynamodb.destroy();
  s3.destroy();
}
