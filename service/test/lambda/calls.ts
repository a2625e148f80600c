import type { FunctionName } from '../../src/operations/manifest.ts';
import type { FunctionsHome } from '../support/functions-home.ts';
import type { GatewayAnswer, GatewayRequest } from '../support/gateway-events.ts';

/** Variables of a function beside those that all have, such as a setting of its stage. */
type Variables = Readonly<Record<string, string>>;

/** Hands an event to a function; one that is started with other variables is another process. */
export type Invoke = (name: FunctionName, event: object, env?: Variables) => Promise<unknown>;

/** The same by way of the API. */
export type Call = (name: FunctionName, request: GatewayRequest, env?: Variables) => Promise<GatewayAnswer>;

/** What a suite of the functions is made over. */
export interface FunctionCalls {
  readonly home: () => FunctionsHome;
  readonly invoke: Invoke;
  readonly call: Call;
  /** A header of an answer, in whatever format that is. */
  readonly headerOf: (answer: GatewayAnswer, name: string) => string;
}

export const bodyOf = ({ body }: GatewayAnswer) => JSON.parse(body) as Readonly<Record<string, unknown>>;
