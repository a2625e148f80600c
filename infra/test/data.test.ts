import { describe, expect, test } from 'vitest';
import { TRIES_OF_A_JOB } from '../../service/src/drivers/aws/job-message.ts';
import { BACKGROUND } from '../../service/src/operations/manifest.ts';
import type { BackgroundRow } from '../../service/src/operations/manifest-rows.ts';
import { queueNamed, type Resource, Synthesized } from './support/templates.ts';
import { ONE_ORIGIN, VARIANTS } from './support/variants.ts';

const BUCKET = 'AWS::S3::Bucket';
const POLICY = 'AWS::S3::BucketPolicy';
const QUEUE = 'AWS::SQS::Queue';

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Principal: unknown;
  readonly Action: unknown;
  readonly Condition?: unknown;
}

const statementsOf = ({ Properties }: Resource) =>
  (Properties['PolicyDocument'] as { readonly Statement: readonly Statement[] }).Statement;

const bucketOf = (made: Synthesized, part: 'images' | 'logs') =>
  made.only('data', BUCKET, ({ BucketName }) =>
    made.text('data', BucketName).startsWith(`tintype-${made.stage.name}-${part}-`),
  );

const policyOf = (made: Synthesized, type: string, id: string) =>
  made.only('data', type, ({ Bucket, Queues }) => JSON.stringify(Bucket ?? Queues).includes(`"${id}"`));

const rulesOf = ({ Properties }: Resource) =>
  (Properties['LifecycleConfiguration'] as { readonly Rules: readonly object[] }).Rules;

describe.each(VARIANTS)('the buckets of %s', (variant) => {
  const made = new Synthesized(variant);
  const buckets = made.resources('data', BUCKET);
  const images = bucketOf(made, 'images');

  test('are two, for images and for logs, and no stack has another but for the page of a gallery', () => {
    const others = made.stacks.filter((stack) => stack !== 'gallery');
    expect(others.flatMap((stack) => made.resources(stack, BUCKET))).toHaveLength(2);
    expect(bucketOf(made, 'logs').id).not.toBe(images.id);
  });

  test.each(buckets)('are closed to the public in all four ways, and encrypted: $id', ({ Properties }) => {
    expect(Properties['PublicAccessBlockConfiguration']).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(Properties['BucketEncryption']).toEqual({
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    });
    expect(Properties['WebsiteConfiguration']).toBeUndefined();
  });

  test.each(buckets)('are reached over TLS 1.2 or later only: $id', ({ id }) => {
    const denied = statementsOf(policyOf(made, POLICY, id)).filter(
      ({ Effect, Sid }) => Effect === 'Deny' && Sid !== 'OnlyTheScanTags',
    );
    for (const { Principal, Action } of denied) expect([Principal, Action]).toEqual([{ AWS: '*' }, 's3:*']);
    expect(denied.map(({ Condition }) => Condition)).toEqual([
      { Bool: { 'aws:SecureTransport': 'false' } },
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
    ]);
  });

  test('let nobody in by policy but, where there is an edge, the CloudFront of this account', () => {
    const allowed = buckets.flatMap(({ id }) =>
      statementsOf(policyOf(made, POLICY, id)).filter(({ Effect }) => Effect === 'Allow'),
    );
    const cloudfront = {
      Sid: 'CloudFrontReads',
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [images.id, 'Arn'] }, '/*']] },
      Condition: { StringEquals: { 'AWS:SourceAccount': { Ref: 'AWS::AccountId' } } },
    };
    expect(allowed).toEqual(made.stage.edge ? [cloudfront] : []);
  });
});

describe.each(VARIANTS)('what lies in the buckets of %s:', (variant) => {
  const made = new Synthesized(variant);
  const buckets = made.resources('data', BUCKET);
  const images = bucketOf(made, 'images');

  test('lose what was forgotten: parts, uploads that were never completed, trash, logs', () => {
    const enabled = { Status: 'Enabled' };
    expect(rulesOf(images)).toEqual([
      {
        ...enabled,
        Id: 'parts-of-abandoned-uploads',
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
      { ...enabled, Id: 'uploads-never-completed', Prefix: '.uploads/', ExpirationInDays: 7 },
      { ...enabled, Id: 'trash', Prefix: '.trash/', ExpirationInDays: 120 },
      ...(made.stage.bucketVersions
        ? [
            {
              ...enabled,
              Id: 'versions-overwritten',
              ExpiredObjectDeleteMarker: true,
              NoncurrentVersionExpiration: { NoncurrentDays: 30 },
            },
            {
              ...enabled,
              Id: 'versions-of-uploads',
              Prefix: '.uploads/',
              NoncurrentVersionExpiration: { NoncurrentDays: 1 },
            },
          ]
        : []),
    ]);
    expect(rulesOf(bucketOf(made, 'logs'))).toEqual([
      { ...enabled, Id: 'old-logs', ExpirationInDays: made.stage.logDays },
    ]);
  });

  test('keep versions where the stage says so', () => {
    const versioning = made.stage.bucketVersions ? { Status: 'Enabled' } : undefined;
    expect(images.Properties['VersioningConfiguration']).toEqual(versioning);
  });

  test('take uploads from the pages of the origins that are set, and from no others', () => {
    const { url } = made.stage.gallery ?? {};
    const corsOrigins = [...made.stage.corsOrigins, ...(url === undefined ? [] : [url])];
    const cors = images.Properties['CorsConfiguration'];
    if (corsOrigins.length === 0) expect(cors).toBeUndefined();
    else expect(cors).toMatchObject({ CorsRules: [{ AllowedOrigins: corsOrigins }] });
    expect(bucketOf(made, 'logs').Properties['CorsConfiguration']).toBeUndefined();
  });

  test('have no ACLs for images, count requests, and log them', () => {
    expect(images.Properties).toMatchObject({
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      MetricsConfigurations: [{ Id: 'all' }],
      LoggingConfiguration: { DestinationBucketName: { Ref: bucketOf(made, 'logs').id } },
    });
  });

  test(made.stage.keepsData ? 'outlive their stack' : 'go with their stack', () => {
    const policy = made.stage.keepsData ? 'Retain' : 'Delete';
    for (const bucket of buckets) {
      expect(bucket).toMatchObject({ DeletionPolicy: policy, UpdateReplacePolicy: policy });
    }
  });
});

test('the variants differ where these tests need it', () => {
  expect(new Synthesized('everything').stage.corsOrigins).toEqual([ONE_ORIGIN]);
  const kept = VARIANTS.map((variant) => new Synthesized(variant).stage.keepsData);
  expect(new Set(kept).size).toBe(2);
});

describe.each(VARIANTS)('the queues of %s', (variant) => {
  const made = new Synthesized(variant);
  const queues = made.resources('data', QUEUE);
  const targetOf = ({ Properties }: Resource) =>
    Properties['RedrivePolicy'] as
      | {
          readonly deadLetterTargetArn: { readonly 'Fn::GetAtt': readonly [string, string] };
          readonly maxReceiveCount: number;
        }
      | undefined;
  const deadLetters = new Set(
    queues.flatMap((queue) => targetOf(queue)?.deadLetterTargetArn['Fn::GetAtt'][0] ?? []),
  );

  test('have a dead-letter queue each, but those that are one', () => {
    // That of what is lost holds no jobs, and is the search's own.
    const stacks = made.stacks.filter((stack) => stack !== 'search');
    const all = stacks.flatMap((stack) => made.resources(stack, QUEUE));
    expect(all).toHaveLength(queues.length);
    for (const queue of queues) {
      expect(targetOf(queue) !== undefined, queue.id).toBe(!deadLetters.has(queue.id));
      if (targetOf(queue)) expect(targetOf(queue)?.maxReceiveCount).toBe(TRIES_OF_A_JOB);
    }
    expect(deadLetters.size).toBeGreaterThan(0);
  });

  test('are those of the manifest, with the names of their stage', () => {
    const named = queues.map(({ Properties }) => String(Properties['QueueName'])).sort();
    const prefix = `tintype-${made.stage.name}`;
    const fed = [
      'jobs',
      'jobs-announce-event',
      'jobs-erase-images',
      'jobs-process-image',
      'jobs-withdraw-image',
      ...(made.stage.search ? ['jobs-sync-search'] : []),
      'uploads',
    ];
    expect(named).toEqual(fed.flatMap((name) => [`${prefix}-${name}`, `${prefix}-${name}-dead`]).sort());
  });

  test('hide a message for six times as long as the slowest of their functions may take, and keep it for two weeks', () => {
    for (const { id, Properties } of queues) {
      expect(Properties['MessageRetentionPeriod']).toBe(14 * 24 * 3600);
      if (deadLetters.has(id)) continue;
      const fed = BACKGROUND.filter(
        ({ trigger }: BackgroundRow) =>
          'queue' in trigger && Properties['QueueName'] === queueNamed(made.stage.name, trigger.queue),
      );
      const slowest = Math.max(...fed.map(({ timeout_seconds }) => timeout_seconds));
      expect(Properties['VisibilityTimeout'], id).toBe(6 * slowest);
    }
  });

  test.each(queues)('are encrypted, and reached over TLS only: $id', ({ id, Properties }) => {
    expect(Properties['SqsManagedSseEnabled']).toBe(true);
    const statements = statementsOf(policyOf(made, 'AWS::SQS::QueuePolicy', id));
    expect(statements.filter(({ Effect }) => Effect !== 'Allow')).toMatchObject([
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'sqs:*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });

  const allowedAt = (id: string) =>
    statementsOf(policyOf(made, 'AWS::SQS::QueuePolicy', id)).filter(({ Effect }) => Effect === 'Allow');

  test('let in EventBridge, for the one rule about scans, where the stage scans: at the queue of process-image', () => {
    const queue = made.only(
      'data',
      QUEUE,
      ({ QueueName }) => QueueName === queueNamed(made.stage.name, 'process-image'),
    );
    const allowed = allowedAt(queue.id);
    expect(allowed).toHaveLength(made.stage.malwareScan ? 1 : 0);
    for (const { Principal, Action, Condition } of allowed) {
      const { id } = made.only('data', 'AWS::Events::Rule');
      expect(Principal).toEqual({ Service: 'events.amazonaws.com' });
      expect([Action].flat()).toContain('sqs:SendMessage');
      expect(Condition).toEqual({ ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [id, 'Arn'] } } });
    }
  });

  const others = queues.filter(
    ({ Properties }) => Properties['QueueName'] !== queueNamed(made.stage.name, 'process-image'),
  );

  test.each(others)(
    'let in by policy nobody but S3, for the one bucket, where it tells of uploads: $id',
    ({ id, Properties }) => {
      const allowed = allowedAt(id);
      const { name, region } = made.stage;
      const isTold = Properties['QueueName'] === `tintype-${name}-uploads`;
      expect(allowed.map(({ Principal, Action }) => ({ Principal, Action }))).toEqual(
        isTold ? [{ Principal: { Service: 's3.amazonaws.com' }, Action: 'sqs:SendMessage' }] : [],
      );
      for (const { Condition } of allowed) {
        const { ArnEquals, StringEquals, ...more } = Condition as Readonly<
          Record<string, Record<string, unknown>>
        >;
        expect(made.text('data', ArnEquals?.['aws:SourceArn'])).toBe(
          `arn:{partition}:s3:::tintype-${name}-images-{account}-${region}`,
        );
        expect(StringEquals).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
        expect(more).toEqual({});
      }
    },
  );
});

describe.each(VARIANTS)('beside them %s', (variant) => {
  const made = new Synthesized(variant);

  test('has a secret to sign page keys with that nobody chose, longer than the service demands', () => {
    const { Properties } = made.only('data', 'AWS::SecretsManager::Secret');
    expect(Properties['GenerateSecretString']).toEqual({ PasswordLength: 64, ExcludePunctuation: true });
    expect(Properties['SecretString']).toBeUndefined();
  });

  test('has GuardDuty scan every new object and tag it, where the stage says so', () => {
    const plans = made.resources('data', 'AWS::GuardDuty::MalwareProtectionPlan');
    expect(plans).toHaveLength(made.stage.malwareScan ? 1 : 0);
    const { id, Properties } = bucketOf(made, 'images');
    for (const plan of plans) {
      expect(plan.Properties).toMatchObject({
        Actions: { Tagging: { Status: 'ENABLED' } },
        ProtectedResource: { S3Bucket: { BucketName: { Ref: id } } },
      });
      expect(Properties['NotificationConfiguration']).toMatchObject({
        EventBridgeConfiguration: { EventBridgeEnabled: true },
      });
    }
  });

  test('hears of every finished scan of its bucket, and of no other, where the stage says so', () => {
    const rules = made.resources('data', 'AWS::Events::Rule');
    expect(rules).toHaveLength(made.stage.malwareScan ? 1 : 0);
    const queue = made.only(
      'data',
      QUEUE,
      ({ QueueName }) => QueueName === queueNamed(made.stage.name, 'process-image'),
    );
    for (const { Properties } of rules) {
      expect(Properties).toMatchObject({
        State: 'ENABLED',
        EventPattern: {
          source: ['aws.guardduty'],
          'detail-type': ['GuardDuty Malware Protection Object Scan Result'],
          detail: { s3ObjectDetails: { bucketName: [{ Ref: bucketOf(made, 'images').id }] } },
        },
        Targets: [{ Arn: { 'Fn::GetAtt': [queue.id, 'Arn'] } }],
      });
    }
  });

  test('lets nobody but GuardDuty tag an object, or take a tag away, where tags say what is clean', () => {
    const { id } = bucketOf(made, 'images');
    const denied = statementsOf(policyOf(made, 'AWS::S3::BucketPolicy', id)).filter(({ Action }) =>
      JSON.stringify(Action).includes('Tagging'),
    );
    expect(denied).toHaveLength(made.stage.malwareScan ? 1 : 0);
    for (const statement of denied) {
      const [scanner] = made
        .resources('data', 'AWS::IAM::Role')
        .filter(({ Properties }) => JSON.stringify(Properties).includes('malware-protection-plan.guardduty'));
      expect(statement).toMatchObject({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: [
          's3:PutObjectTagging',
          's3:PutObjectVersionTagging',
          's3:DeleteObjectTagging',
          's3:DeleteObjectVersionTagging',
        ],
        Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [id, 'Arn'] }, '/*']] },
        Condition: {
          ArnNotEquals: { 'aws:PrincipalArn': { 'Fn::GetAtt': [scanner?.id, 'Arn'] } },
        },
      });
    }
  });

  test('tells the queue of uploads of every object made below .uploads/, and only once it is let in there', () => {
    const images = bucketOf(made, 'images');
    const queue = made.only(
      'data',
      QUEUE,
      ({ QueueName }) => QueueName === `tintype-${made.stage.name}-uploads`,
    );
    expect(images.Properties['NotificationConfiguration']).toEqual({
      QueueConfigurations: [
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: '.uploads/' }] } },
          Queue: { 'Fn::GetAtt': [queue.id, 'Arn'] },
        },
      ],
      ...(made.stage.malwareScan ? { EventBridgeConfiguration: { EventBridgeEnabled: true } } : {}),
    });
    expect(images.DependsOn).toEqual([policyOf(made, 'AWS::SQS::QueuePolicy', queue.id).id]);
    // CDK would make functions to set this up.
    expect(made.resources('data', 'AWS::Lambda::Function')).toEqual([]);
  });

  test('protects its stacks from being deleted where it keeps data', () => {
    const { artifacts } = made.file('manifest.json') as {
      readonly artifacts: Readonly<
        Record<string, { readonly properties?: Readonly<Record<string, unknown>> }>
      >;
    };
    for (const stack of made.stacks) {
      const { terminationProtection } = artifacts[made.stackId(stack)]?.properties ?? {};
      expect(terminationProtection ?? false).toBe(made.stage.keepsData);
    }
  });
});
