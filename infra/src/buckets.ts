import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  HttpMethods,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { TRASH_PREFIX, UPLOADS_PREFIX } from '../../service/src/domain/object-key.ts';
import { acknowledge } from './acknowledge.ts';
import type { Names } from './names.ts';
import type { Stage } from './stages.ts';

/** The metrics of all requests to the bucket. */
export const EVERY_REQUEST = 'all';

/** What every bucket has alike. */
export const PRIVATE: BucketProps = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
};

/** The longest that what was to be gone stays: the service removes it sooner, and this what it forgot. */
const FORGOTTEN: readonly LifecycleRule[] = [
  { id: 'parts-of-abandoned-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
  { id: 'uploads-never-completed', prefix: UPLOADS_PREFIX, expiration: Duration.days(7) },
  { id: 'trash', prefix: TRASH_PREFIX, expiration: Duration.days(120) },
];

/** What S3 keeps of what was overwritten or deleted. Uploads live on as images, or were refused. */
const VERSIONS: readonly LifecycleRule[] = [
  {
    id: 'versions-overwritten',
    noncurrentVersionExpiration: Duration.days(30),
    expiredObjectDeleteMarker: true,
  },
  { id: 'versions-of-uploads', prefix: UPLOADS_PREFIX, noncurrentVersionExpiration: Duration.days(1) },
];

/** The images' bucket, and one for its access log. */
export function makeBuckets(stack: Stack, names: Names, stage: Stage): Bucket {
  const { keepsData, bucketVersions, logDays, gallery } = stage;
  const origins = [
    ...stage.corsOrigins,
    ...(gallery?.url === undefined ? [] : [new URL(gallery.url).origin]),
  ];
  const removalPolicy = keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  const logs = new Bucket(stack, 'Logs', {
    ...PRIVATE,
    bucketName: names.logsBucket,
    // CloudFront writes its logs through ACLs.
    objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
    lifecycleRules: [{ id: 'old-logs', expiration: Duration.days(logDays) }],
    removalPolicy,
  });
  acknowledge(logs, { 'AwsSolutions-S1': 'A log of the log bucket would log itself.' });
  const images = new Bucket(stack, 'Images', {
    ...PRIVATE,
    bucketName: names.bucket,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    versioned: bucketVersions,
    lifecycleRules: [...FORGOTTEN, ...(bucketVersions ? VERSIONS : [])],
    cors: origins.length === 0 ? [] : [directUploadsFrom(origins)],
    serverAccessLogsBucket: logs,
    serverAccessLogsPrefix: 's3/',
    // S3 counts requests and errors only when asked to: the alarm on 5xx needs it.
    metrics: [{ id: EVERY_REQUEST }],
    removalPolicy,
  });
  if (stage.edge) images.addToResourcePolicy(readableByCloudFront(stack, images));
  return images;
}

function directUploadsFrom(origins: readonly string[]) {
  return {
    allowedOrigins: [...origins],
    allowedMethods: [HttpMethods.GET, HttpMethods.HEAD, HttpMethods.PUT, HttpMethods.POST],
    allowedHeaders: ['*'],
    exposedHeaders: ['ETag', 'x-amz-checksum-sha256'],
    maxAge: 3600,
  };
}

/** Its distribution is of another stack, in another region: any of this account's may read, and no other. */
function readableByCloudFront({ account }: Stack, bucket: Bucket): PolicyStatement {
  return new PolicyStatement({
    sid: 'CloudFrontReads',
    effect: Effect.ALLOW,
    principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
    actions: ['s3:GetObject'],
    resources: [bucket.arnForObjects('*')],
    conditions: { StringEquals: { 'AWS:SourceAccount': account } },
  });
}
