import type { ConsumedCapacity, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AllClients } from './aws-backends.ts';
import type { AwsService } from './aws-environment.ts';

export type CountedRequests = Readonly<Record<AwsService, Readonly<Record<string, number>>>>;

/** Counts the requests of clients as they are sent, tries included; presigning sends none. */
export interface RequestCounter {
  /** What was sent since the last call, or since the start. */
  take(): CountedRequests;
  /** Whatever is sent until the action has ended does not count. */
  uncounted<Result>(action: () => Promise<Result>): Promise<Result>;
}

const COUNTING = { step: 'deserialize' } as const;

export function countRequests(clients: AllClients): RequestCounter {
  const none = (): Record<AwsService, Record<string, number>> => ({ dynamodb: {}, s3: {}, sqs: {} });
  let requests = none();
  let paused = 0;
  const counted = <Sent, Answer>(
    service: AwsService,
    command: string | undefined,
    next: (sent: Sent) => Promise<Answer>,
  ) => {
    const name = command?.replace(/Command$/, '') ?? 'unknown';
    return (sent: Sent) => {
      if (paused === 0) requests[service][name] = (requests[service][name] ?? 0) + 1;
      return next(sent);
    };
  };
  const { dynamodb, s3, sqs } = clients;
  // Once for each: the types of the three have nothing in common.
  dynamodb.middlewareStack.add((next, { commandName }) => counted('dynamodb', commandName, next), COUNTING);
  s3.middlewareStack.add((next, { commandName }) => counted('s3', commandName, next), COUNTING);
  sqs.middlewareStack.add((next, { commandName }) => counted('sqs', commandName, next), COUNTING);
  return {
    take() {
      const taken = requests;
      requests = none();
      return taken;
    },
    async uncounted(action) {
      paused++;
      try {
        return await action();
      } finally {
        paused--;
      }
    },
  };
}

export interface ConsumedUnits {
  readonly read_units: number;
  readonly write_units: number;
}

const READS = /^(Get|BatchGet|TransactGet|Query|Scan)/;
const WRITES = /^(Put|Update|Delete|BatchWrite|TransactWrite)Item/;

/** Asks with every request what it consumes, indexes included, and adds up what the engine says. */
export function countCapacity(client: DynamoDBClient): { take(): ConsumedUnits } {
  let units = { read_units: 0, write_units: 0 };
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (sent) => {
        if (!READS.test(commandName) && !WRITES.test(commandName)) return next(sent);
        const answer = await next({ ...sent, input: { ...sent.input, ReturnConsumedCapacity: 'TOTAL' } });
        const { ConsumedCapacity: consumed = [] } = answer.output as {
          ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[];
        };
        for (const { CapacityUnits = 0 } of [consumed].flat()) {
          units[READS.test(commandName) ? 'read_units' : 'write_units'] += CapacityUnits;
        }
        return answer;
      },
    { step: 'initialize' },
  );
  return {
    take() {
      const taken = units;
      units = { read_units: 0, write_units: 0 };
      return taken;
    },
  };
}
