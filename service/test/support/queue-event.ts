import { createHash } from 'node:crypto';

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
