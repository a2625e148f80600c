import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { awsEnvironment, readInstallationNames, type StorageConfig } from './storage.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The least that the AWS home has to be told. */
const AWS = {
  STORAGE: 'aws',
  IMAGES_BUCKET: 'pictures',
  JOBS_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/jobs',
  SIGNING_SECRET: 's'.repeat(32),
};

const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:tintype-AbCdEf';

const CDN = {
  CDN_URL: 'https://d111111abcdef8.cloudfront.net',
  CDN_KEY_PAIR_ID: 'K2JCJMDEHXQW5F',
  CDN_PRIVATE_KEY_ARN: SECRET_ARN,
};

const cdnAt = (url: string, distributionId?: string, renders = false) => ({
  cdn: { url, keyPairId: CDN.CDN_KEY_PAIR_ID, privateKeyArn: SECRET_ARN, distributionId, renders },
});

const TABLES = {
  images: 'tintype-images',
  listings: 'tintype-listings',
  ledger: 'tintype-ledger',
  audit: 'tintype-audit',
};

const DEFAULTS: StorageConfig = {
  kind: 'aws',
  bucket: AWS.IMAGES_BUCKET,
  tables: TABLES,
  jobsQueueUrl: AWS.JOBS_QUEUE_URL,
  queuePerKind: false,
  listingShards: 4,
  cursorSecretArn: undefined,
  cdn: undefined,
  search: undefined,
  s3PathStyle: false,
};

function problemsOf(variables: Variables): readonly string[] {
  try {
    readConfig(variables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
  return [];
}

/** Each variable's good values, and what becomes of them. */
const GOOD: readonly (readonly [Variables, Partial<StorageConfig>])[] = [
  [{ IMAGES_BUCKET: 'others' }, { bucket: 'others' }],
  [
    { OPENSEARCH_URL: 'https://search-x.eu-west-1.es.amazonaws.com/' },
    {
      search: {
        url: 'https://search-x.eu-west-1.es.amazonaws.com',
        index: 'tintype-images',
        signed: true,
      },
    },
  ],
  [
    { OPENSEARCH_URL: 'http://127.0.0.1:9200', OPENSEARCH_INDEX: 'pictures' },
    { search: { url: 'http://127.0.0.1:9200', index: 'pictures', signed: false } },
  ],
  [{ OPENSEARCH_INDEX: 'pictures' }, { search: undefined }],
  [{ IMAGES_TABLE: 't1' }, { tables: { ...TABLES, images: 't1' } }],
  [{ LISTINGS_TABLE: 't2' }, { tables: { ...TABLES, listings: 't2' } }],
  [{ LEDGER_TABLE: 't3' }, { tables: { ...TABLES, ledger: 't3' } }],
  [{ AUDIT_TABLE: 't4' }, { tables: { ...TABLES, audit: 't4' } }],
  [{ JOBS_QUEUE_URL: 'http://127.0.0.1:4566/0/q' }, { jobsQueueUrl: 'http://127.0.0.1:4566/0/q' }],
  [{ JOB_QUEUES: 'shared' }, { queuePerKind: false }],
  [{ JOB_QUEUES: 'by-kind' }, { queuePerKind: true }],
  [{ LISTING_SHARDS: '1' }, { listingShards: 1 }],
  [{ LISTING_SHARDS: '8' }, { listingShards: 8 }],
  [{ CURSOR_SECRET_ARN: SECRET_ARN }, { cursorSecretArn: SECRET_ARN }],
  [CDN, cdnAt('https://d111111abcdef8.cloudfront.net')],
  [{ ...CDN, CDN_URL: 'https://images.example.com/a/' }, cdnAt('https://images.example.com/a')],
  [
    { ...CDN, CDN_DISTRIBUTION_ID: 'E1A2B3C4D5E6F7' },
    cdnAt('https://d111111abcdef8.cloudfront.net', 'E1A2B3C4D5E6F7'),
  ],
  [{ ...CDN, CDN_RENDERS: 'true' }, cdnAt('https://d111111abcdef8.cloudfront.net', undefined, true)],
  // As browsers send it: CloudFront verifies what it receives.
  [{ ...CDN, CDN_URL: 'HTTPS://Bilder.Example:443/ä' }, cdnAt('https://bilder.example/%C3%A4')],
  [{ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, { s3PathStyle: true }],
  [{ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' }, { s3PathStyle: true }],
];

/** Each variable's bad values, and what is said of every one of them. */
const BAD: readonly (readonly [string, readonly string[], string])[] = [
  ['JOBS_QUEUE_URL', ['jobs', '/123/jobs', 'http://'], 'must be the URL of an SQS queue.'],
  ['JOB_QUEUES', ['own', 'SHARED'], 'must be shared or by-kind.'],
  ['LISTING_SHARDS', ['0', '9', '-1', 'four', '2.5'], 'must be a whole number from 1 to 8.'],
  [
    'CURSOR_SECRET_ARN',
    ['tintype', 'arn:aws:s3:::bucket'],
    'must be the ARN of a secret in Secrets Manager.',
  ],
  [
    'CDN_URL',
    [
      'd111111abcdef8.cloudfront.net',
      'http://x.example',
      'https://',
      'https://x.example?a=b',
      'https://x.example#a',
      'https://u:p@x.example',
    ],
    'must be an https URL without query, such as https://d111111abcdef8.cloudfront.net.',
  ],
  [
    'CDN_KEY_PAIR_ID',
    ['K2 5F', 'k2jcjmdehxqw5f', 'arn:aws:cloudfront::1:key/K2'],
    'must be the id of a public key in CloudFront, such as K2JCJMDEHXQW5F.',
  ],
  [
    'CDN_DISTRIBUTION_ID',
    ['e1a2', 'd111111abcdef8', 'E 1', 'https://d111111abcdef8.cloudfront.net'],
    'must be the id of a distribution of CloudFront, such as E1A2B3C4D5E6F7.',
  ],
  ['CDN_RENDERS', ['yes', '1', 'TRUE'], 'must be true or false.'],
  [
    'OPENSEARCH_URL',
    [
      'search-x.eu-west-1.es.amazonaws.com',
      'ftp://x.example',
      'https://',
      'https://x.example/path',
      'https://x.example?a=b',
      'https://u:p@x.example',
    ],
    'must be the https URL of a domain of OpenSearch, without a path (http: an engine of your own, which is sent no signatures).',
  ],
  [
    'OPENSEARCH_INDEX',
    ['Images', '_images', '-a', 'a b', 'a,b', 'a*', '../x', 'x'.repeat(101)],
    'must be up to 100 of a-z, 0-9, _ and -, a letter or digit first.',
  ],
  [
    'CDN_PRIVATE_KEY_ARN',
    ['tintype', 'arn:aws:s3:::bucket', '-----BEGIN RSA PRIVATE KEY-----'],
    'must be the ARN of a secret in Secrets Manager.',
  ],
  ['AWS_ENDPOINT_URL', ['localhost', 'http://'], 'must be a URL.'],
  ['AWS_ENDPOINT_URL_S3', ['localhost', 'http://'], 'must be a URL.'],
];

describe('the storage of the AWS home', () => {
  test('has the documented names where only what must be said is said', () => {
    expect(readConfig(AWS).storage).toEqual(DEFAULTS);
  });

  test.for(GOOD)('of %j has just that in place of the defaults', ([variables, differing]) => {
    expect(readConfig({ ...AWS, ...variables }).storage).toEqual({ ...DEFAULTS, ...differing });
  });

  test.for(BAD)('%s is refused for %j', ([name, values, message]) => {
    for (const value of values) {
      expect(problemsOf({ ...AWS, [name]: value }), value).toEqual([`${name} ${message}`]);
    }
  });

  test('knows good and bad values of every variable that it reads', () => {
    const variables = Object.keys(awsEnvironment).sort();
    const good = GOOD.flatMap(([given]) => Object.keys(given));
    expect([...new Set(good)].sort()).toEqual(variables);
    // Any text can be a name; whether there is such a bucket or table shows when it is used.
    const named = variables.filter((name) => name.endsWith('_TABLE') || name === 'IMAGES_BUCKET');
    expect([...BAD.map(([name]) => name), ...named].sort()).toEqual(variables);
  });

  test.each([
    ['IMAGES_BUCKET', 'IMAGES_BUCKET must name the bucket, since STORAGE is aws.'],
    ['JOBS_QUEUE_URL', 'JOBS_QUEUE_URL must be the URL of the SQS queue for jobs, since STORAGE is aws.'],
    [
      'SIGNING_SECRET',
      'SIGNING_SECRET or CURSOR_SECRET_ARN must be set, since STORAGE is aws: every process must sign alike.',
    ],
  ])('without %s does not start, and says so', (name, problem) => {
    expect(problemsOf({ ...AWS, [name]: undefined })).toEqual([problem]);
    expect(problemsOf({ ...AWS, [name]: '' })).toEqual([problem]);
  });

  test.each([
    [['CDN_URL'], 'CDN_URL must be set, since CDN_KEY_PAIR_ID and CDN_PRIVATE_KEY_ARN are'],
    [['CDN_KEY_PAIR_ID'], 'CDN_KEY_PAIR_ID must be set, since CDN_URL and CDN_PRIVATE_KEY_ARN are'],
    [['CDN_PRIVATE_KEY_ARN'], 'CDN_PRIVATE_KEY_ARN must be set, since CDN_URL and CDN_KEY_PAIR_ID are'],
    [
      ['CDN_KEY_PAIR_ID', 'CDN_PRIVATE_KEY_ARN'],
      'CDN_KEY_PAIR_ID and CDN_PRIVATE_KEY_ARN must be set, since CDN_URL is',
    ],
  ])('with a part of an edge but without %j does not start, and says so', (missing, sentence) => {
    const without = Object.fromEntries(missing.map((name) => [name, '']));
    const problem = `${sentence}: CloudFront needs all three, and S3 none of them.`;
    expect(problemsOf({ ...AWS, ...CDN, ...without })).toEqual([problem]);
  });

  test('without an edge makes nothing on a miss, and says so', () => {
    expect(problemsOf({ ...AWS, CDN_RENDERS: 'true' })).toEqual([
      'CDN_RENDERS is true, and CDN_URL is not set: S3 makes no renditions.',
    ]);
  });

  test('says everything that is missing at once', () => {
    const named = problemsOf({ STORAGE: 'aws' }).map((problem) => problem.split(' ')[0]);
    expect(named).toEqual(['IMAGES_BUCKET', 'JOBS_QUEUE_URL', 'SIGNING_SECRET']);
  });

  test('lets no window be so long that S3 would refuse its URLs: two of them are a week', () => {
    expect(readConfig({ ...AWS, URL_EXPIRES_SECONDS: '302400' }).urlExpiresSeconds).toBe(302_400);
    expect(problemsOf({ ...AWS, URL_EXPIRES_SECONDS: '302401' })).toEqual([
      'URL_EXPIRES_SECONDS must be at most 302400, since STORAGE is aws.',
    ]);
    expect(readConfig({ URL_EXPIRES_SECONDS: '302401' }).urlExpiresSeconds).toBe(302_401);
  });

  test('is not what an embedded home has, whatever else is said', () => {
    const { STORAGE: _storage, ...others } = AWS;
    expect(readConfig(others).storage.kind).toBe('embedded');
  });
});

describe('the names of what a set-up makes', () => {
  test('are the defaults of the server where nothing is said', () => {
    expect(readInstallationNames({})).toEqual({
      bucket: 'tintype-images',
      tables: TABLES,
      queue: 'tintype-jobs',
      shards: 4,
    });
  });

  test("are the server's own where they are said; the queue is the end of its URL", () => {
    const variables = { ...AWS, LISTINGS_TABLE: 'rows', LISTING_SHARDS: '2' };
    expect(readInstallationNames(variables)).toEqual({
      bucket: 'pictures',
      tables: { ...TABLES, listings: 'rows' },
      queue: 'jobs',
      shards: 2,
    });
  });
});
