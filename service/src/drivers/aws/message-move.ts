import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { awsErrorName, awsStatus } from './failures.ts';
import { deadLettersOf } from './queues.ts';

/** How often it is asked how far SQS has come, with a pause before each time. */
const LOOKS = 30;
const PAUSE_MS = 1000;

export interface MoveOptions {
  readonly client: SQSClient;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * Has SQS itself move all dead letters of a queue back into it, and waits for half a minute at most; what is
 * left then SQS goes on with.
 * @returns about how many; undefined where SQS cannot do that: the engine does not have it, or is at it already.
 */
export async function moveDeadLetters(
  { client, pause }: MoveOptions,
  queue: string,
): Promise<number | undefined> {
  const SourceArn = await arnOf(client, deadLettersOf(queue));
  const DestinationArn = await arnOf(client, queue);
  try {
    await client.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
  } catch (error) {
    if (isNotDone(error)) return undefined;
    throw error;
  }
  for (let looks = 1; ; looks++) {
    await pause(PAUSE_MS);
    const { Results } = await client.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }));
    const [task] = Results ?? [];
    const moved = task?.ApproximateNumberOfMessagesMoved ?? 0;
    if (task?.Status === 'COMPLETED') return moved;
    if (task?.Status === 'FAILED' || task?.Status === 'CANCELLED') {
      throw new Error(`SQS moved ${moved} messages, and then stopped: ${task.FailureReason ?? task.Status}`);
    }
    if (looks === LOOKS) return Math.max(task?.ApproximateNumberOfMessagesToMove ?? 0, moved);
  }
}

async function arnOf(client: SQSClient, QueueUrl: string): Promise<string | undefined> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
  return (await client.send(command)).Attributes?.['QueueArn'];
}

/** What engines answer that do not know the action, and SQS where another such move is under way. */
const NOT_DONE = ['InvalidAction', 'UnknownOperationException', 'UnsupportedOperation', 'NotImplemented'];
const NOT_IMPLEMENTED = 501;

function isNotDone(error: unknown): boolean {
  const name = awsErrorName(error)?.replace(/^AWS\.SimpleQueueService\./, '') ?? '';
  return NOT_DONE.includes(name) || awsStatus(error) === NOT_IMPLEMENTED;
}
