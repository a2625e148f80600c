import type { Verdict } from '../../ports/scanner.ts';

const CLEAN = 'stream: OK\0';
const OVER_STREAM_LIMIT = 'INSTREAM size limit exceeded. ERROR\0';
const FOUND = /^stream: ([^\0]+) FOUND\0$/;

/** With `AlertExceedsMax` clamd calls so, and not by a signature's name, what it has looked at in part or not at all. */
const OVER_SIZE = /^Heuristics\.Limits\.Exceeded\.Max(FileSize|ScanSize)\b/;
const OVER_TIME = /^Heuristics\.Limits\.Exceeded\.MaxScanTime\b/;
const OVER_ANY = /^Heuristics\.Limits\.Exceeded\b/;

/** Long enough to tell signatures apart. */
const LONGEST_SIGNATURE = 200;

/** Whether clamd says that it takes no more bytes of this object: it may say so while it is being sent. */
export function saysTooLarge(answer: string): boolean {
  return answer === OVER_STREAM_LIMIT;
}

/**
 * The verdict in a whole answer to INSTREAM, given for all bytes of an object. Undefined where there is none
 * in it: everything that is not known word for word is a failure.
 */
export function verdictIn(answer: string): Verdict | undefined {
  if (answer === CLEAN) return { verdict: 'clean' };
  if (saysTooLarge(answer)) return { verdict: 'unscannable', reason: 'too_large' };
  const name = FOUND.exec(answer)?.[1];
  // Another time it may be quicker.
  if (name === undefined || OVER_TIME.test(name)) return undefined;
  if (OVER_SIZE.test(name)) return { verdict: 'unscannable', reason: 'too_large' };
  if (OVER_ANY.test(name)) return { verdict: 'unscannable', reason: 'unsupported' };
  return { verdict: 'infected', signature: readable(name) };
}

/** A text of clamd's as it may be stored and logged: printable ASCII, and not too long. */
export function readable(text: string): string {
  return text.slice(0, LONGEST_SIGNATURE).replaceAll(/[^ -~]/g, '?');
}
