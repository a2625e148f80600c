const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

export interface CutJson {
  /** The document with another string in place of the value; all of its syntax is still to be checked. */
  readonly rest: Buffer;
  /** The raw JSON text between the value's quotes. */
  readonly value: Buffer;
}

/**
 * Cuts the string value of one top-level member out of a JSON object, so that `JSON.parse` never sees a
 * string of megabytes (which is most of its cost). Undefined where the member is not found as a string at
 * the top level; then, and for any broken document, parsing the whole says what is the matter.
 * @param replacement what stands in its place, in plain ASCII.
 */
export function cutStringMember(document: Buffer, name: string, replacement = ''): CutJson | undefined {
  let at = skipSpace(document, 0);
  if (document[at] !== 0x7b) return undefined;
  at = skipSpace(document, at + 1);
  while (document[at] === QUOTE) {
    const keyEnd = endOfString(document, at);
    if (keyEnd === undefined) return undefined;
    const key = document.toString('latin1', at + 1, keyEnd);
    const colon = skipSpace(document, keyEnd + 1);
    if (document[colon] !== COLON) return undefined;
    const start = skipSpace(document, colon + 1);
    const end = endOfValue(document, start);
    if (end === undefined) return undefined;
    if (key === name && document[start] === QUOTE) {
      return {
        rest: Buffer.concat([
          document.subarray(0, start + 1),
          Buffer.from(replacement),
          document.subarray(end - 1),
        ]),
        value: document.subarray(start + 1, end - 1),
      };
    }
    at = skipSpace(document, end);
    if (document[at] !== COMMA) return undefined;
    at = skipSpace(document, at + 1);
  }
  return undefined;
}

function skipSpace(document: Buffer, from: number): number {
  let at = from;
  while (SPACE.has(document[at] ?? 0)) at++;
  return at;
}

/** The index of the quote that ends the string starting at `start`. */
function endOfString(document: Buffer, start: number): number | undefined {
  for (let at = document.indexOf(QUOTE, start + 1); at !== -1; at = document.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (document[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return undefined;
}

/** The index just after the value starting at `start`. */
function endOfValue(document: Buffer, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < document.length; at++) {
    const byte = document[at] ?? 0;
    if (byte === QUOTE) {
      const end = endOfString(document, at);
      if (end === undefined) return undefined;
      at = end;
      if (depth === 0) return at + 1;
    } else if (OPEN.has(byte)) {
      depth++;
    } else if (CLOSE.has(byte)) {
      if (depth === 0) return at;
      depth--;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && byte === COMMA) {
      return at;
    }
  }
  return undefined;
}
