import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { COPY_MS, commonSettings, type SdkSettings } from './sdk-settings.ts';
import { AROUND_SIGNING, skewRetried } from './skew-retried.ts';

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
  const dynamodb = new DynamoDBClient({ ...commonSettings(settings), ...endpointAt(endpoints?.dynamodb) });
  dynamodb.middlewareStack.add(skewRetried, AROUND_SIGNING);
  return {
    dynamodb,
    s3: createS3Client({ ...settings, s3PathStyle, ...(endpoints ? { endpoints } : {}) }),
  };
}

/** A client of its own for what S3 does in silence for long: copies, and parts made one. */
export function createCopyClient(location: AwsLocation, copyMs = COPY_MS): S3Client {
  return createS3Client({ ...location, silenceMs: Math.max(copyMs, location.silenceMs ?? 0) });
}

function createS3Client({ endpoints, s3PathStyle, ...settings }: AwsLocation): S3Client {
  const s3 = new S3Client({
    ...commonSettings(settings),
    ...endpointAt(endpoints?.s3),
    forcePathStyle: s3PathStyle,
    // Checksums are ours to give (SHA-256 on every put); others' engines stumble over the SDK's own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  s3.middlewareStack.add(skewRetried, AROUND_SIGNING);
  return s3;
}

function endpointAt(endpoint: string | undefined) {
  return endpoint === undefined ? {} : { endpoint };
}

export function destroyAwsClients({ dynamodb, s3 }: AwsClients): void {
  dynamodb.destroy();
  s3.destroy();
}
