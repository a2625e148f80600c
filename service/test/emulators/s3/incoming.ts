import type { IncomingHttpHeaders } from 'node:http';

/** A request as it came over the wire. */
export interface Incoming {
  readonly method: string;
  /** As it was written, before anything is decoded. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: IncomingHttpHeaders;
}

export function incoming(request: {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}): Incoming {
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  return {
    method: request.method ?? '',
    path,
    query: query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [name = '', value = ''] = pair.split(/=(.*)/s).map(decoded);
        return [name, value] as const;
      }),
    headers: request.headers,
  };
}

export function queryValue({ query }: Incoming, name: string): string | undefined {
  return query.find(([candidate]) => candidate === name)?.[1];
}

export function header({ headers }: Pick<Incoming, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Not what anybody has signed.
  }
}
