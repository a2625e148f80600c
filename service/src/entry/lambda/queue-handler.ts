import type { Log } from '../../ports/log.ts';

/** What SQS hands to a function: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface SqsEvent {
  readonly Records: readonly {
    readonly messageId: string;
    readonly body: string;
    readonly attributes?: { readonly ApproximateReceiveCount?: string };
  }[];
}

/** Those of a batch that are to come again: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html */
export interface SqsAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export type QueueHandler = (event: SqsEvent) => Promise<SqsAnswer>;

/**
 * A function that does what a queue's messages say. One that fails, or says nothing, comes again alone, and in the end
 * lies in the queue's DLQ; the others of its batch are done.
 * @param work what is done with a message; `received` says how often it has been handed out.
 */
export function queueHandlerFor(
  work: (body: string, received: string | undefined) => Promise<void>,
  log: Log,
): QueueHandler {
  return async ({ Records }) => {
    const failed: { itemIdentifier: string }[] = [];
    for (const { messageId, body, attributes } of Records) {
      try {
        await work(body, attributes?.ApproximateReceiveCount);
      } catch (error) {
        log.error({ err: error, message_id: messageId }, 'a job has failed; it will be tried again');
        failed.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures: failed };
  };
}
