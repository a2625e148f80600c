import { createHash } from 'node:crypto';

/**
 * What S3 sends to a queue when an object has been made:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
export function s3Created(bucket: string, key: string, size: number): string {
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        eventTime: '2026-01-01T00:00:00.000Z',
        eventName: 'ObjectCreated:Put',
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'uploads',
          bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
          // Encoded as in a form, but for the slashes.
          object: {
            key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'),
            size,
            sequencer: '0055AED6DCD90281E5',
          },
        },
      },
    ],
  });
}

/** A batch of messages, as SQS hands it to a function: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export function queueEvent(bodies: Readonly<Record<string, string>>): object {
  return {
    Records: Object.entries(bodies).map(([messageId, body]) => ({
      messageId,
      receiptHandle: `receipt of ${messageId}`,
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1767225600000',
        SenderId: 'AROAEXAMPLE',
        ApproximateFirstReceiveTimestamp: '1767225660000',
      },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:jobs',
      awsRegion: 'us-east-1',
    })),
  };
}

/** What a table's stream of keys alone hands to a function: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
export function streamEvent(ids: readonly string[]): object {
  return {
    Records: ids.map((id, at) => ({
      eventID: String(at),
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      dynamodb: {
        ApproximateCreationDateTime: 1767225600,
        Keys: { image_id: { S: id } },
        SequenceNumber: `${111 + at}00000000003126276`,
        SizeBytes: 44,
        StreamViewType: 'KEYS_ONLY',
      },
      eventSourceARN:
        'arn:aws:dynamodb:us-east-1:123456789012:table/tintype-images/stream/2026-01-01T00:00:00.000',
    })),
  };
}

/**
 * What EventBridge sends to a queue when GuardDuty has scanned an object:
 * https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html
 */
export function guardDutyScanned(bucket: string, key: string, status: string): string {
  return JSON.stringify({
    version: '0',
    id: '0f3c2a51-6f0e-4a55-9b0c-1d6f0f9b7a11',
    'detail-type': 'GuardDuty Malware Protection Object Scan Result',
    source: 'aws.guardduty',
    account: '123456789012',
    time: '2026-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: ['arn:aws:guardduty:us-east-1:123456789012:malware-protection-plan/0123456789abcdef0123'],
    detail: {
      schemaVersion: '1.0',
      scanStatus: 'COMPLETED',
      resourceType: 'S3_OBJECT',
      s3ObjectDetails: { bucketName: bucket, objectKey: key, eTag: '0'.repeat(32), s3Throttled: false },
      scanResultDetails: { scanResultStatus: status, threats: null },
    },
  });
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
export const CLOCK_EVENT = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '123456789012',
  time: '2026-10-08T16:53:06Z',
  region: 'us-east-1',
  resources: ['arn:aws:events:us-east-1:123456789012:rule/tintype-dev-expire-uploads'],
  detail: {},
};
