import { bytesText, columnsOf, type Terminal } from '../terminal.ts';
import type { LocalImage } from './find-images.ts';

/** A log gets a line every so many files. */
const FILES_PER_LINE = 100;

/** A terminal's line is written anew at most so often. */
const REDRAW_MS = 100;

/** The rate is that of the last so many milliseconds. */
const RATE_WITHIN_MS = 10_000;

const BAR = 20;
const CLEAR = '\r\u001b[K';

/**
 * How far a run has come: one line that is updated where a person is watching, otherwise a line now and then.
 */
export class UploadProgress {
  readonly #out: Terminal;
  readonly #files: number;
  readonly #bytes: number;
  readonly #now: () => number;
  readonly #underWay = new Map<LocalImage, number>();
  /** How many bytes were done with at which times, the oldest first. */
  readonly #history: { readonly at: number; readonly bytes: number }[];
  #doneFiles = 0;
  #doneBytes = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(out: Terminal, files: readonly LocalImage[], now: () => number = Date.now) {
    this.#out = out;
    this.#files = files.length;
    this.#bytes = files.reduce((sum, { size }) => sum + size, 0);
    this.#now = now;
    this.#history = [{ at: now(), bytes: 0 }];
  }

  sent(file: LocalImage, bytes: number): void {
    this.#underWay.set(file, Math.min(bytes, file.size));
    if (this.#out.isTTY) this.#draw();
  }

  done(file: LocalImage): void {
    this.#underWay.delete(file);
    this.#doneFiles++;
    this.#doneBytes += file.size;
    if (this.#out.isTTY) this.#draw();
    else if (this.#doneFiles % FILES_PER_LINE === 0) this.#out.write(`${this.#text()}\n`);
  }

  /** Takes the line away, so that another can be written in its place. */
  clear(): void {
    if (!this.#out.isTTY) return;
    this.#out.write(CLEAR);
    this.#drawnAt = Number.NEGATIVE_INFINITY;
  }

  #draw(): void {
    if (this.#now() - this.#drawnAt < REDRAW_MS && this.#doneFiles !== this.#files) return;
    this.#drawnAt = this.#now();
    const full = Math.round((this.#bytesSoFar() / Math.max(this.#bytes, 1)) * BAR);
    const line = `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${this.#text()}`;
    this.#out.write(CLEAR + line.slice(0, Math.max(1, (columnsOf(this.#out) ?? 0) - 1)));
  }

  #bytesSoFar(): number {
    return [...this.#underWay.values()].reduce((sum, bytes) => sum + bytes, this.#doneBytes);
  }

  #text(): string {
    const soFar = this.#bytesSoFar();
    const parts = [
      `${this.#doneFiles} of ${this.#files} files`,
      `${bytesText(soFar)} of ${bytesText(this.#bytes)}`,
    ];
    const rate = this.#rate(soFar);
    if (rate > 0)
      parts.push(`${bytesText(Math.round(rate))}/s`, `${durationText((this.#bytes - soFar) / rate)} left`);
    return parts.join(', ');
  }

  /** Bytes a second; 0 while that cannot be said. */
  #rate(soFar: number): number {
    const now = this.#now();
    if (now - (this.#history.at(-1)?.at ?? 0) >= REDRAW_MS) this.#history.push({ at: now, bytes: soFar });
    while (this.#history.length > 2 && now - (this.#history[1]?.at ?? now) >= RATE_WITHIN_MS)
      this.#history.shift();
    const oldest = this.#history[0];
    return oldest && now > oldest.at ? ((soFar - oldest.bytes) * 1000) / (now - oldest.at) : 0;
  }
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
