import type { App } from '../../http/context.ts';

/**
 * A request to a function URL: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 * Its path is encoded as it was sent.
 */
export interface FunctionUrlEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: { readonly domainName: string; readonly http: { readonly method: string } };
}

/** Where the bytes of an answer go. */
export interface AnswerStream {
  write(bytes: Uint8Array): unknown;
  end(): unknown;
}

export type StreamingHandler = (event: FunctionUrlEvent, stream: AnswerStream) => Promise<void>;

/**
 * What Lambda's runtime has in the global scope for functions whose answers are streamed:
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */
declare const awslambda: {
  streamifyResponse(handler: StreamingHandler): StreamingHandler;
  readonly HttpResponseStream: {
    /** The same stream; status and headers go out before its first bytes. */
    from(
      stream: AnswerStream,
      head: { readonly statusCode: number; readonly headers: Readonly<Record<string, string>> },
    ): AnswerStream;
  };
};

/**
 * A function behind a URL of its own, whose answers may be longer than the 6 MB of one that Lambda hands on at
 * once. The app has all of an answer before any of it goes out: what fails is a whole answer too.
 */
export function streamingHandlerFor(app: App): StreamingHandler {
  return awslambda.streamifyResponse(async (event, stream) => {
    const response = await app.fetch(requestOf(event));
    const bytes = await response.bytes();
    const answer = awslambda.HttpResponseStream.from(stream, {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
    });
    // Status and headers go with it, also where there are no bytes.
    answer.write(bytes);
    answer.end();
  });
}

function requestOf({ rawPath, rawQueryString, headers, requestContext }: FunctionUrlEvent): Request {
  const { domainName, http } = requestContext;
  const query = rawQueryString === '' ? '' : `?${rawQueryString}`;
  return new Request(`https://${domainName}${rawPath}${query}`, { method: http.method, headers });
}
