import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { startKeyServer } from './key-server.ts';

/** What an issuer was asked of a token. */
export interface Question {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly fields: Readonly<Record<string, string>>;
}

/** An issuer that is asked about tokens (RFC 7662), until the test ends. */
export interface IntrospectionServer {
  readonly url: string;
  readonly questions: readonly Question[];
  /** How it answers from now on. */
  answer(by: (response: ServerResponse, question: Question) => void): void;
  /** That it says this of each token from now on. */
  say(answer: object): void;
}

export const INTROSPECTION_SECRET = 'a secret of the issuer: 100 % of its own';

/** What a home is told of one. */
export const asking = ({ url }: Pick<IntrospectionServer, 'url'>): Readonly<Record<string, string>> => ({
  INTROSPECTION_URL: url,
  INTROSPECTION_CLIENT_ID: 'tintype & co',
  INTROSPECTION_CLIENT_SECRET: INTROSPECTION_SECRET,
});

/** As JSON, of this status. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** It says of each token that it is active, unless it is told otherwise. */
export async function startIntrospection(): Promise<IntrospectionServer> {
  const questions: Question[] = [];
  let by = (response: ServerResponse, _question: Question) => sendJson(response, { active: true });
  const { url } = await startKeyServer(async (request, response) => {
    const fields = Object.fromEntries(new URLSearchParams(await text(request)));
    const question = { method: request.method, headers: request.headers, fields };
    questions.push(question);
    by(response, question);
  });
  const answer: IntrospectionServer['answer'] = (next) => {
    by = next;
  };
  return { url, questions, answer, say: (said) => answer((response) => sendJson(response, said)) };
}
