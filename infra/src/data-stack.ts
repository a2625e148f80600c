import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { tellOfObjects } from './bucket-events.ts';
import { makeBuckets } from './buckets.ts';
import { makeMalwareScan } from './malware-scan.ts';
import { namesOf } from './names.ts';
import { makeQueues } from './queues.ts';
import type { Stage } from './stages.ts';
import { makeTables } from './tables.ts';

/** What holds state: bucket, tables, queues, the secret. Apart, so that no roll-out of code touches it. */
export class DataStack extends Stack {
  /** Its ARN has letters that only the deployment knows. */
  readonly signingSecret: ISecret;
  /** Of the table `images`, where the stage has a search; it is named after when it was switched on. */
  readonly imagesStreamArn: string | undefined;

  constructor(scope: Construct, id: string, stage: Stage, props: StackProps) {
    super(scope, id, props);
    const names = namesOf(stage);
    this.imagesStreamArn = makeTables(this, names.tables, stage).imagesStreamArn;
    const bucket = makeBuckets(this, names, stage);
    const { uploads, processImage } = makeQueues(this, names, stage);
    tellOfObjects(bucket, { uploads, eventBridge: stage.malwareScan });
    if (stage.malwareScan) makeMalwareScan(this, bucket, processImage, names);
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
  }
}
