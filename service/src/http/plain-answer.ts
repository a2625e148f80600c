/**
 * An answer whose headers are kept as they were written. A `Headers` checks, copies and sorts them, which costs more than all
 * else that is done around a request; so what is added to every answer is added to these, and the answer is made once.
 */
export interface AnswerParts {
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

const PARTS = Symbol('parts');

interface PlainAnswer extends Response {
  [PARTS]?: AnswerParts;
}

/** An answer of known parts: what is to be added to its headers is added by `addHeaders`. */
export function plainAnswer(parts: AnswerParts): Response {
  const answer: PlainAnswer = new Response(parts.body, parts);
  answer[PARTS] = parts;
  return answer;
}

/** What an answer was made of; undefined where it was made in another way, or anew by somebody. */
export function partsOf(answer: Response): AnswerParts | undefined {
  return (answer as PlainAnswer)[PARTS];
}

/** Where an answer can be replaced: Hono's context. */
interface Answered {
  get res(): Response;
  set res(answer: Response | undefined);
}

/**
 * Adds to the headers of the answer.
 * @param defaults for what it does not say itself.
 */
export function addHeaders(
  c: Answered,
  added: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> = {},
): void {
  const answer = c.res;
  const parts = partsOf(answer);
  if (parts) {
    // Otherwise Hono would copy the headers of the former one.
    c.res = undefined;
    c.res = plainAnswer({ ...parts, headers: { ...defaults, ...parts.headers, ...added } });
    return;
  }
  const { headers } = answer;
  for (const name in defaults) if (!headers.has(name)) headers.set(name, defaults[name] ?? '');
  for (const name in added) headers.set(name, added[name] ?? '');
}

/** How many bytes of body an answer says it has; 0 where it does not say. */
export function lengthOf(answer: Response): number {
  const parts = partsOf(answer);
  const said = parts ? parts.headers['content-length'] : answer.headers.get('content-length');
  return Number(said ?? 0);
}
