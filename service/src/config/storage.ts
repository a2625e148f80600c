import { resolve } from 'node:path';
import * as z from 'zod';
import { wholeNumber } from './numbers.ts';
import { type SearchConfig, searchEnvironment, searchOf } from './search.ts';
import { secretArn } from './secret-arn.ts';

/** Where images are kept: one machine's disk, or AWS. */
export type StorageConfig = EmbeddedStorageConfig | AwsStorageConfig;

export interface EmbeddedStorageConfig {
  readonly kind: 'embedded';
  /** An absolute path. */
  readonly dataDir: string;
}

export interface AwsStorageConfig {
  readonly kind: 'aws';
  readonly bucket: string;
  readonly tables: {
    readonly images: string;
    readonly listings: string;
    readonly ledger: string;
    readonly audit: string;
  };
  readonly jobsQueueUrl: string;
  /** Whether most kinds of jobs have queues of their own, named after that one and the kind. */
  readonly queuePerKind: boolean;
  readonly listingShards: number;
  /** Where Secrets Manager keeps what page keys are signed with, unless the configuration has it. */
  readonly cursorSecretArn: string | undefined;
  /** What gives out the bytes; undefined: S3 itself. */
  readonly cdn: CdnConfig | undefined;
  /** Undefined: images are not found by their texts. */
  readonly search: SearchConfig | undefined;
  /** An S3 that is not AWS's own wants the bucket in the path. */
  readonly s3PathStyle: boolean;
}

/** CloudFront in front of the bucket. */
export interface CdnConfig {
  /** What URLs of objects begin with, as browsers spell it: the signature covers every letter. */
  readonly url: string;
  /** CloudFront's id of the public key. */
  readonly keyPairId: string;
  /** Where Secrets Manager keeps the private key, as PEM. */
  readonly privateKeyArn: string;
  /** Whose caches are told of images that may not be served any more; undefined: they find out in time. */
  readonly distributionId: string | undefined;
  /** Whether it has renditions made that are not in the bucket. */
  readonly renders: boolean;
}

const cdnUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).protocol === 'https:' && !/[?#@]/.test(text),
    'must be an https URL without query, such as https://d111111abcdef8.cloudfront.net',
  )
  .transform((text) => new URL(text).href.replace(/\/+$/, ''));

/** The variables of the AWS home; region, credentials and endpoints are the AWS SDK's own to read. */
export const awsEnvironment = {
  IMAGES_BUCKET: z.string().optional(),
  IMAGES_TABLE: z.string().default('tintype-images'),
  LISTINGS_TABLE: z.string().default('tintype-listings'),
  LEDGER_TABLE: z.string().default('tintype-ledger'),
  AUDIT_TABLE: z.string().default('tintype-audit'),
  JOBS_QUEUE_URL: z.url('must be the URL of an SQS queue').optional(),
  JOB_QUEUES: z.enum(['shared', 'by-kind'], 'must be shared or by-kind').default('shared'),
  LISTING_SHARDS: wholeNumber(1, 8).default(4),
  CURSOR_SECRET_ARN: secretArn.optional(),
  CDN_URL: cdnUrl.optional(),
  CDN_KEY_PAIR_ID: z
    .string()
    .regex(/^[A-Z0-9]+$/, 'must be the id of a public key in CloudFront, such as K2JCJMDEHXQW5F')
    .optional(),
  CDN_PRIVATE_KEY_ARN: secretArn.optional(),
  CDN_DISTRIBUTION_ID: z
    .string()
    .regex(/^E[A-Z0-9]+$/, 'must be the id of a distribution of CloudFront, such as E1A2B3C4D5E6F7')
    .optional(),
  CDN_RENDERS: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform((text) => text === 'true'),
  ...searchEnvironment,
  AWS_ENDPOINT_URL: z.url('must be a URL').optional(),
  AWS_ENDPOINT_URL_S3: z.url('must be a URL').optional(),
};

type AwsEnvironment = z.output<z.ZodObject<typeof awsEnvironment>>;

interface StorageEnvironment extends AwsEnvironment {
  readonly STORAGE: 'embedded' | 'aws';
  readonly DATA_DIR: string;
  readonly SIGNING_SECRET: readonly string[];
  readonly URL_EXPIRES_SECONDS: number;
}

/** S3 lets no presigned URL live longer than a week; ours live up to two windows. */
const LONGEST_WINDOW = 302_400;

/** What is missing or wrong for `STORAGE=aws`. */
export function problemsOfAws(env: StorageEnvironment): string[] {
  if (env.STORAGE !== 'aws') return [];
  const problems: string[] = [];
  if (env.IMAGES_BUCKET === undefined)
    problems.push('IMAGES_BUCKET must name the bucket, since STORAGE is aws.');
  if (env.JOBS_QUEUE_URL === undefined) {
    problems.push('JOBS_QUEUE_URL must be the URL of the SQS queue for jobs, since STORAGE is aws.');
  }
  if (env.SIGNING_SECRET.length === 0 && env.CURSOR_SECRET_ARN === undefined) {
    problems.push(
      'SIGNING_SECRET or CURSOR_SECRET_ARN must be set, since STORAGE is aws: every process must sign alike.',
    );
  }
  if (env.URL_EXPIRES_SECONDS > LONGEST_WINDOW) {
    problems.push(`URL_EXPIRES_SECONDS must be at most ${LONGEST_WINDOW}, since STORAGE is aws.`);
  }
  return [...problems, ...problemsOfCdn(env)];
}

/** Without one of the three, URLs would be S3's after all, and nobody would be told. */
function problemsOfCdn(env: AwsEnvironment): string[] {
  const names = ['CDN_URL', 'CDN_KEY_PAIR_ID', 'CDN_PRIVATE_KEY_ARN'] as const;
  const missing = names.filter((name) => env[name] === undefined);
  if (missing.length === names.length && env.CDN_DISTRIBUTION_ID !== undefined) {
    return ['CDN_DISTRIBUTION_ID is set, and CDN_URL is not: images are not served by that distribution.'];
  }
  if (missing.length === names.length && env.CDN_RENDERS) {
    return ['CDN_RENDERS is true, and CDN_URL is not set: S3 makes no renditions.'];
  }
  if (missing.length === 0 || missing.length === names.length) return [];
  const given = names.filter((name) => env[name] !== undefined);
  return [
    `${missing.join(' and ')} must be set, since ${given.join(' and ')} ${given.length > 1 ? 'are' : 'is'}: ` +
      'CloudFront needs all three, and S3 none of them.',
  ];
}

export function storageOf(env: StorageEnvironment): StorageConfig {
  if (env.STORAGE === 'embedded') return { kind: 'embedded', dataDir: resolve(env.DATA_DIR) };
  return awsStorageOf(env);
}

export function awsStorageOf(env: AwsEnvironment): AwsStorageConfig {
  return {
    kind: 'aws',
    bucket: env.IMAGES_BUCKET ?? '',
    tables: {
      images: env.IMAGES_TABLE,
      listings: env.LISTINGS_TABLE,
      ledger: env.LEDGER_TABLE,
      audit: env.AUDIT_TABLE,
    },
    jobsQueueUrl: env.JOBS_QUEUE_URL ?? '',
    queuePerKind: env.JOB_QUEUES === 'by-kind',
    listingShards: env.LISTING_SHARDS,
    cursorSecretArn: env.CURSOR_SECRET_ARN,
    cdn: cdnOf(env),
    search: searchOf(env),
    s3PathStyle: (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined,
  };
}

function cdnOf(env: AwsEnvironment): CdnConfig | undefined {
  const { CDN_URL, CDN_KEY_PAIR_ID, CDN_PRIVATE_KEY_ARN, CDN_DISTRIBUTION_ID, CDN_RENDERS } = env;
  if (CDN_URL === undefined || CDN_KEY_PAIR_ID === undefined || CDN_PRIVATE_KEY_ARN === undefined)
    return undefined;
  return {
    url: CDN_URL,
    keyPairId: CDN_KEY_PAIR_ID,
    privateKeyArn: CDN_PRIVATE_KEY_ARN,
    distributionId: CDN_DISTRIBUTION_ID,
    renders: CDN_RENDERS,
  };
}

/** What `setup:aws` is to make; the names are those that the server is then told. */
export interface InstallationNames {
  readonly bucket: string;
  readonly tables: AwsStorageConfig['tables'];
  readonly queue: string;
  readonly shards: number;
}

/** The names that the environment says, or the usual ones. */
export function readInstallationNames(
  variables: Readonly<Record<string, string | undefined>>,
): InstallationNames {
  const env = z.object(awsEnvironment).parse(variables);
  return {
    bucket: env.IMAGES_BUCKET ?? 'tintype-images',
    tables: {
      images: env.IMAGES_TABLE,
      listings: env.LISTINGS_TABLE,
      ledger: env.LEDGER_TABLE,
      audit: env.AUDIT_TABLE,
    },
    queue: env.JOBS_QUEUE_URL?.split('/').at(-1) ?? 'tintype-jobs',
    shards: env.LISTING_SHARDS,
  };
}
