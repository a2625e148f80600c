import { type Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnQueuePolicy, type Queue } from 'aws-cdk-lib/aws-sqs';
import { UPLOADS_PREFIX } from '../../service/src/domain/object-key.ts';

/** Whom the bucket tells of its objects. */
export interface BucketListeners {
  /** Of every upload that has arrived. */
  readonly uploads: Queue;
  /** Of everything, for GuardDuty. */
  readonly eventBridge: boolean;
}

/** CDK's own way makes a function for this, with a role of its own; CloudFormation needs none. */
export function tellOfObjects(bucket: Bucket, { uploads, eventBridge }: BucketListeners): void {
  const resource = bucket.node.defaultChild;
  if (!(resource instanceof CfnBucket)) throw new Error('The bucket is made in another way than was known.');
  resource.notificationConfiguration = {
    queueConfigurations: [
      {
        event: 's3:ObjectCreated:*',
        filter: { s3Key: { rules: [{ name: 'prefix', value: UPLOADS_PREFIX }] } },
        queue: uploads.queueArn,
      },
    ],
    ...(eventBridge ? { eventBridgeConfiguration: { eventBridgeEnabled: true } } : {}),
  };
  // S3 tries the queue out when it is told of it: by then it must be let in.
  const policies = uploads.node.findAll().filter((each) => each instanceof CfnQueuePolicy);
  if (policies.length === 0) throw new Error('The queue lets nobody in.');
  for (const policy of policies) resource.addResourceDependency(policy);
}
