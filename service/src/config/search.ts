import * as z from 'zod';

/** OpenSearch, where images are found by their texts. */
export interface SearchConfig {
  /** The domain's endpoint, without a path. */
  readonly url: string;
  /** The alias under which the index is searched and written to. */
  readonly index: string;
  /** Whether requests are signed with the process's credentials: over https alone. */
  readonly signed: boolean;
}

const endpoint = z
  .string()
  .refine(
    (text) => URL.canParse(text) && isEndpoint(new URL(text)),
    'must be the https URL of a domain of OpenSearch, without a path (http: an engine of your own, which is sent no signatures)',
  )
  .transform((text) => new URL(text).origin);

function isEndpoint({ protocol, username, password, pathname, search, hash }: URL): boolean {
  const isBare = pathname === '/' && [username, password, search, hash].every((part) => part === '');
  return (protocol === 'https:' || protocol === 'http:') && isBare;
}

export const searchEnvironment = {
  OPENSEARCH_URL: endpoint.optional(),
  OPENSEARCH_INDEX: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,99}$/, 'must be up to 100 of a-z, 0-9, _ and -, a letter or digit first')
    .default('tintype-images'),
};

type SearchEnvironment = z.output<z.ZodObject<typeof searchEnvironment>>;

export function searchOf({
  OPENSEARCH_URL: url,
  OPENSEARCH_INDEX: index,
}: SearchEnvironment): SearchConfig | undefined {
  return url === undefined ? undefined : { url, index, signed: url.startsWith('https:') };
}
