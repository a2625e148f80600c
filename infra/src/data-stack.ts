import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { TRIES_OF_A_JOB } from '../../service/src/drivers/aws/queues.ts';
import { BACKGROUND } from '../../service/src/operations/manifest.ts';
import { acknowledge } from './acknowledge.ts';
import { makeBuckets } from './buckets.ts';
import { makeMalwareScan } from './malware-scan.ts';
import { namesOf } from './names.ts';
import type { Stage } from './stages.ts';
import { makeTables } from './tables.ts';

/** What holds state: bucket, tables, queues, the secret. Apart, so that no roll-out of code touches it. */
export class DataStack extends Stack {
  /** Its ARN has letters that only the deployment knows. */
  readonly signingSecret: ISecret;

  constructor(scope: Construct, id: string, stage: Stage, props: StackProps) {
    super(scope, id, props);
    const names = namesOf(stage);
    makeTables(this, names.tables, stage);
    const bucket = makeBuckets(this, names, stage);
    if (stage.malwareScan) makeMalwareScan(this, bucket);
    const secret = new Secret(this, 'SigningSecret', {
      secretName: names.signingSecret,
      description: 'Signs page keys. Several, newest first, are parted by commas.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(secret, {
      'AwsSolutions-SMG4':
        'Page keys live minutes; a rotation by hand keeps the old value after a comma (docs/deploying.md).',
    });
    this.signingSecret = secret;
    this.#makeJobQueue(names.jobsQueue, names.jobsDeadLetters);
  }

  #makeJobQueue(queueName: string, deadLettersName: string): void {
    const longest = Math.max(...BACKGROUND.map(({ timeout_seconds }) => timeout_seconds));
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    const deadLetters = new Queue(this, 'JobsDeadLetters', {
      ...common,
      queueName: deadLettersName,
      retentionPeriod: Duration.days(14),
    });
    new Queue(this, 'Jobs', {
      ...common,
      queueName,
      // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      visibilityTimeout: Duration.seconds(6 * longest),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: TRIES_OF_A_JOB },
    });
  }
}
