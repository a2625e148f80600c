import type { MigrationProgress } from '../../service/src/compose/migration.ts';
import { bytesText, columnsOf, type Terminal } from './terminal.ts';

/** A log gets a line every so many images. */
const IMAGES_PER_LINE = 100;

/** A terminal's line is written anew at most so often. */
const REDRAW_MS = 100;

const BAR = 24;

export interface ProgressLines {
  show(progress: MigrationProgress): void;
  /** A line of its own, above whatever is updated. */
  say(line: string): void;
  end(): void;
}

/** One line that is updated where a person is watching, otherwise lines. */
export function progressLines(out: Terminal, now: () => number = Date.now): ProgressLines {
  return out.isTTY ? updatedLine(out, now) : logLines(out);
}

function logLines(out: Terminal): ProgressLines {
  return {
    show(progress) {
      if (progress.done % IMAGES_PER_LINE === 0) out.write(`${textOf(progress)}\n`);
    },
    say: (line) => out.write(`${line}\n`),
    end() {},
  };
}

const CLEAR = '\r\u001b[K';

function updatedLine(out: Terminal, now: () => number): ProgressLines {
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    show(progress) {
      if (now() - drawnAt < REDRAW_MS && progress.done !== progress.expected) return;
      drawnAt = now();
      const line = `${barOf(progress)} ${textOf(progress)}`;
      out.write(CLEAR + line.slice(0, Math.max(1, (columnsOf(out) ?? 0) - 1)));
    },
    say: (line) => out.write(`${CLEAR}${line}\n`),
    end: () => out.write(CLEAR),
  };
}

function barOf({ done, expected }: MigrationProgress): string {
  const full = Math.round((Math.min(done, expected) / Math.max(expected, 1)) * BAR);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`;
}

/** The number expected may be an old one: it is left out once it is passed. */
function textOf({ phase, done, expected, copied, copiedBytes }: MigrationProgress): string {
  const total = expected >= done ? ` of ${expected}` : '';
  const copies = phase === 'copying' ? `, ${copied} copied (${bytesText(copiedBytes)})` : '';
  return `${phase}: ${done}${total} images${copies}`;
}
