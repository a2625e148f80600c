import { createClient } from '@tintype/client';

export type Tintype = ReturnType<typeof createClient>;

/** Where the service is that a command talks to, and who is talking. */
export interface Server {
  readonly url: string;
  readonly token: string | undefined;
}

const DEFAULT_URL = 'http://127.0.0.1:3000';

/** The options of every command that talks to a server. */
export const SERVER_OPTIONS = {
  url: { type: 'string' },
  token: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** For the help of each of them. */
export const SERVER_HELP = `\
  --url URL        where the server is; TINTYPE_URL if it is not said, or ${DEFAULT_URL}
  --token TOKEN    who is asking; TINTYPE_TOKEN if it is not said: a command's options are for all of this
                   machine to see, so that is the better place for it
  --help           this text`;

/** The server that options and environment name, or in a sentence what is wrong with that. */
export function serverFrom(
  { url, token }: { readonly url?: string | undefined; readonly token?: string | undefined },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Server | string {
  const name = url === undefined ? 'TINTYPE_URL' : '--url';
  const address = url ?? (environment['TINTYPE_URL'] || DEFAULT_URL);
  const parsed = URL.parse(address);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    return `${name} must be a URL such as ${DEFAULT_URL}, not ${JSON.stringify(address)}.`;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return `${name} must not hold a password; --token or TINTYPE_TOKEN says who is asking.`;
  }
  const asked = token ?? environment['TINTYPE_TOKEN'];
  if (asked === undefined || asked === '') return { url: address, token: undefined };
  // What a header cannot carry would fail deep below, with the token in the message.
  if (!/^[\x21-\x7e]+$/.test(asked)) {
    return `${token === undefined ? 'TINTYPE_TOKEN' : '--token'} must be a token: printable characters without spaces.`;
  }
  return { url: address, token: asked };
}

/** @param fetch put in the place of the usual one, for those who look at answers' headers. */
export function connectTo({ url, token }: Server, fetch?: typeof globalThis.fetch): Tintype {
  return createClient({ url, ...(token === undefined ? {} : { token }), ...(fetch && { fetch }) });
}
