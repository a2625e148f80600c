import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import type { AllClients } from './aws-backends.ts';

/** A command of the SDK: as it was given, and whether it was sent or only made into a presigned URL. */
export interface RecordedCall {
  /** Without `Command`. */
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly presigned: boolean;
}

export interface Recorder {
  /** Hands out what was called, and begins anew. */
  take(): readonly RecordedCall[];
  /** Does something whose calls are not to be kept. */
  aside<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Keeps a request that no client of the SDK has sent. */
  note(name: string, input: Readonly<Record<string, unknown>>): void;
  /** A client of CloudFront, which no emulator has: its commands are kept and succeed, and nothing is sent. */
  ofCloudFront(): CloudFrontClient;
}

/** Keeps every command that clients are given, those that fail too. */
export function recordCalls({ dynamodb, s3, sqs }: AllClients): Recorder {
  let calls: RecordedCall[] = [];
  const sentFrom = new WeakSet<object>();
  const keep = (input: object, context: { readonly commandName?: string }) => {
    const name = context.commandName?.replace(/Command$/, '') ?? 'unknown';
    calls = [...calls, { name, input: { ...input }, presigned: !sentFrom.has(context) }];
  };
  // What is presigned never comes to this step. Once for each: the types of the three have nothing in common.
  const SENT = { step: 'deserialize' } as const;
  const GIVEN = { step: 'initialize' } as const;
  dynamodb.middlewareStack.add(marking(sentFrom), SENT);
  s3.middlewareStack.add(marking(sentFrom), SENT);
  sqs.middlewareStack.add(marking(sentFrom), SENT);
  dynamodb.middlewareStack.add(keeping(keep), GIVEN);
  s3.middlewareStack.add(keeping(keep), GIVEN);
  sqs.middlewareStack.add(keeping(keep), GIVEN);
  return {
    take() {
      const taken = calls;
      calls = [];
      return taken;
    },
    note(name, input) {
      calls = [...calls, { name, input, presigned: false }];
    },
    ofCloudFront() {
      const credentials = { accessKeyId: 'nobody', secretAccessKey: 'nothing' };
      const client = new CloudFrontClient({ region: 'us-east-1', credentials });
      client.middlewareStack.add(
        (_next, context: { readonly commandName?: string }) =>
          async ({ input }) => {
            sentFrom.add(context);
            keep(input, context);
            return { output: { $metadata: {} }, response: {} };
          },
        GIVEN,
      );
      return client;
    },
    async aside(work) {
      const before = calls;
      try {
        return await work();
      } finally {
        calls = before;
      }
    },
  };
}

const marking =
  (marked: WeakSet<object>) =>
  <Sent, Answer>(next: (sent: Sent) => Promise<Answer>, context: object) =>
  (sent: Sent) => {
    marked.add(context);
    return next(sent);
  };

const keeping =
  (keep: (input: object, context: { readonly commandName?: string }) => void) =>
  <Given extends { readonly input: object }, Answer>(
    next: (given: Given) => Promise<Answer>,
    context: object,
  ) =>
  async (given: Given) => {
    try {
      return await next(given);
    } finally {
      keep(given.input, context);
    }
  };
