import { buffer } from 'node:stream/consumers';
import type { ScannedObject, Scanner, Verdict } from '../../src/ports/scanner.ts';

export interface ScriptedScanner extends Scanner {
  /** What it was given, and read to the end. */
  readonly scanned: readonly (Pick<ScannedObject, 'key' | 'size_bytes'> & { readonly bytes: Buffer })[];
}

/** What a scanner says of one object, or fails with; a function does something first. */
export type ScriptedAnswer = Verdict | Error | (() => Promise<Verdict>);

/** A scanner that gives these answers, one after another, and then no more. */
export function scriptedScanner(...answers: readonly ScriptedAnswer[]): ScriptedScanner {
  const left = [...answers];
  const scanned: { key: string; size_bytes: number; bytes: Buffer }[] = [];
  return {
    scanned,
    async scan({ key, size_bytes, stream }) {
      scanned.push({ key, size_bytes, bytes: await buffer(stream()) });
      const answer = left.shift();
      if (answer === undefined) throw new Error('The scanner was asked more often than it has answers.');
      if (answer instanceof Error) throw answer;
      return typeof answer === 'function' ? answer() : answer;
    },
    check: async () => {},
  };
}
