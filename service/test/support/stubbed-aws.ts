/** A command that was sent to AWS: its name without `Command`, and what it asks for. */
export interface SentCommand {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface Sendable {
  readonly input: object;
}

/**
 * Answers a command, or fails as AWS would; `nth` counts from 1, `original` is the SDK's own object, `signal`
 * ends what is waited for.
 */
export type Answer = (command: SentCommand, nth: number, original?: unknown, signal?: AbortSignal) => unknown;

/** A client of the SDK that keeps what it is to send: a test answers in the place of AWS, or asks it. */
export function stubbedClient<Client>(answer: Answer): {
  readonly client: Client;
  readonly sent: readonly SentCommand[];
} {
  const sent: SentCommand[] = [];
  const send = async (command: Sendable, options: { readonly abortSignal?: AbortSignal } = {}) => {
    const { name } = command.constructor;
    const taken = { name: name.replace(/Command$/, ''), input: { ...command.input } };
    sent.push(taken);
    return answer(taken, sent.length, command, options.abortSignal);
  };
  return { client: { send } as unknown as Client, sent };
}

/** An error as the SDK throws it for an answer of AWS. */
export function awsError(name: string, httpStatusCode: number, more: object = {}): Error {
  return Object.assign(new Error(`${name} happened`), { name, $metadata: { httpStatusCode }, ...more });
}

/** What else the SDK throws: what a slow, a busy and an absent AWS come to. */
export const OUTAGES: readonly (readonly [what: string, error: Error])[] = [
  ['throttling', awsError('ThrottlingException', 400)],
  ['throughput exceeded', awsError('ProvisionedThroughputExceededException', 400)],
  ['a fault of AWS', awsError('InternalServerError', 500)],
  ['a service that is not there now', awsError('ServiceUnavailable', 503)],
  ['a refused permission', awsError('AccessDeniedException', 403)],
  ['a timeout', Object.assign(new Error('Socket timed out'), { name: 'TimeoutError' })],
  ['a network error', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  ['no credentials', Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' })],
];
