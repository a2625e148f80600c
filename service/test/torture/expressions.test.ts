import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ROOT } from '../support/server-process.ts';
import { report, SEED, tries } from './support/torture.ts';

/** A literal where an expression may begin: after a sign, a word that takes one, or on a line of its own. */
const LITERAL =
  /(?:[(,=:[!&|?{};]|\breturn|^)\s*\/((?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/gm;

/** How many samples are pumped, of each expression. */
const SAMPLES = tries({ short: 2, long: 20 });
const LONGEST_SAMPLE = 12;

/** So often a piece is repeated, in steps so small that what grows exponentially is caught before it takes for ever. */
const TIMES = [16, 18, 20, 22, 24, 26, 28, 30, 34, 40, 48, 58, 70, 84, 100, 400, 1600];

/** What is matched faster than this at 400 repetitions grows with the text, or nearly so, and is let go. */
const SUSPICIOUS_MS = 1;

/** Matching takes microseconds; what is beyond this when it is tried again as well has grown out of hand. */
const OUT_OF_HAND_MS = 400;

interface Expression {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

function expressions(): Expression[] {
  return globSync('{service,client,cli}/src/**/*.ts', { cwd: ROOT })
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
      return [...text.matchAll(LITERAL)]
        .map(([, source = '', flags = '']) => ({ place: path, source, flags }))
        .filter(isOne);
    });
}

/** What is none may look like one: a division, a path in a text. What the compiler has taken for one can be made. */
function isOne({ source, flags }: Expression): boolean {
  try {
    return new RegExp(source, flags) instanceof RegExp;
  } catch {
    return false;
  }
}

const PRINTABLE = Array.from({ length: 95 }, (_, nth) => String.fromCharCode(32 + nth));

/** Whether a class leaves out all that can be printed: fast-check would look for a letter of it for ever. */
function leavesNothing({ source, flags }: RegExp): boolean {
  const classes = source.match(/\[\^(?:[^\]\\]|\\.)*\]|\\[PDWS](?:\{\w+\})?/g) ?? [];
  return classes.some((each) => !PRINTABLE.some((letter) => new RegExp(each, flags).test(letter)));
}

/** Texts that match, as short as they come; none where fast-check does not know a part of the expression. */
function matching(expression: RegExp): string[] {
  if (leavesNothing(expression)) return [];
  try {
    const texts = fc.stringMatching(expression, { size: 'small' });
    return fc.sample(texts, { numRuns: SAMPLES, seed: SEED }).map((text) => text.slice(0, LONGEST_SAMPLE));
  } catch {
    return [];
  }
}

/** A letter of each class. */
const CLASSES: Readonly<Record<string, string>> = { '\\d': '0', '\\w': 'a', '\\s': ' ' };

/** The letters that an expression speaks of itself, one of each class. */
function lettersOf(source: string): string[] {
  const spoken = source
    .replaceAll(/\\[dDwWsSbBpPuxk]/g, (spelled) => CLASSES[spelled] ?? '-')
    .replaceAll(/[\\()[\]{}|^$*+?]/g, '');
  return [...new Set(`a ${spoken}`)].slice(0, 9);
}

/** A beginning, a piece to repeat, and an end that spoils the match. */
function pumpsOf({ source, flags }: Expression): (readonly [before: string, piece: string, after: string])[] {
  const pumps: (readonly [string, string, string])[] = [];
  for (const text of matching(new RegExp(source, flags.replaceAll(/[gyv]/g, '')))) {
    for (let from = 0; from < text.length; from++) {
      for (let length = 1; length <= 3; length++) {
        pumps.push([
          text.slice(0, from),
          text.slice(from, from + length),
          `${text.slice(from + length)}\u0001`,
        ]);
      }
    }
  }
  const letters = lettersOf(source);
  for (const one of letters) for (const other of ['', ...letters]) pumps.push(['', one + other, '\u0001']);
  return pumps;
}

function milliseconds(expression: RegExp, text: string): number {
  const started = performance.now();
  expression.test(text);
  return performance.now() - started;
}

/** The slowest of all, and on what; looked at again where it is beyond all bounds, for a machine may be busy. */
function slowest(expression: Expression): { readonly ms: number; readonly on: string } {
  const compiled = new RegExp(expression.source, expression.flags.replaceAll(/[gy]/g, ''));
  let found = { ms: 0, on: '' };
  for (const [before, piece, after] of pumpsOf(expression)) {
    for (const times of TIMES) {
      const text = before + piece.repeat(times) + after;
      let ms = milliseconds(compiled, text);
      if (ms > OUT_OF_HAND_MS) ms = Math.min(ms, milliseconds(compiled, text));
      if (ms > found.ms) found = { ms, on: JSON.stringify([before, piece, times, after]) };
      if (ms > OUT_OF_HAND_MS) return found;
      if (times >= 400 && ms < SUSPICIOUS_MS) break;
    }
  }
  return found;
}

test('no regular expression of ours can be made to backtrack without end', { timeout: 900_000 }, () => {
  const all = expressions();
  expect(all.length).toBeGreaterThan(150);
  const measured = all.map((expression) => ({ expression, ...slowest(expression) }));
  const [worst] = measured.toSorted((a, b) => b.ms - a.ms);
  report('expressions', {
    expressions: all.length,
    longest_text_times_a_piece: TIMES.at(-1) ?? 0,
    slowest_milliseconds: Math.round(worst?.ms ?? 0),
    slowest: `${worst?.expression.place} /${worst?.expression.source}/`,
  });
  expect(measured.filter(({ ms }) => ms > OUT_OF_HAND_MS)).toEqual([]);
});

test('the check finds an expression that can', () => {
  const { ms } = slowest({ place: 'here', source: '^(?:[a-z]+-?)+!$', flags: '' });
  expect(ms).toBeGreaterThan(OUT_OF_HAND_MS);
});
