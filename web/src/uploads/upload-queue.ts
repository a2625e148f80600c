import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { type Image, TintypeError } from '@tintype/client';
import { isWorthRetrying, wordsOf } from './problems.ts';
import type { Transfer } from './transfer.ts';

/** Why an upload waits, to go on by itself: for the network, for somebody to sign in, for the service. */
export type HoldReason = 'offline' | 'sign-in' | 'unreachable';

export type UploadState =
  | { readonly kind: 'queued' }
  | { readonly kind: 'sending' }
  /** All bytes are there; the service looks at them. */
  | { readonly kind: 'finishing' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'held'; readonly why: HoldReason }
  | { readonly kind: 'failed'; readonly words: string; readonly mayRetry: boolean }
  | { readonly kind: 'done' };

export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly state: ReadonlySignal<UploadState>;
  /** Bytes that the service has. */
  readonly sent: ReadonlySignal<number>;
}

export interface UploadQueue {
  /** In the order in which they were added. */
  readonly uploads: ReadonlySignal<readonly Upload[]>;
  readonly isOnline: ReadonlySignal<boolean>;
  /** Takes files. Once all others have come to their end, those that are done give way to the new lot. */
  add(files: Iterable<File>): void;
  pause(upload: Upload): void;
  /** Goes on with what is paused, and tries again what has failed. */
  resume(upload: Upload): void;
  /** Ends it, and takes it off the list; of what was sent nothing remains. */
  cancel(upload: Upload): void;
  pauseAll(): void;
  resumeAll(): void;
  /** All that have not come to their end. */
  cancelAll(): void;
  /** Takes those off the list that are done or have failed. */
  clearEnded(): void;
  setOnline(isOnline: boolean): void;
  /** Goes on with what has waited for somebody to sign in. */
  signedIn(): void;
}

export interface UploadQueueOptions {
  transferOf(file: File): Transfer;
  /** Why a file is not worth sending, in words. */
  refusalOf(file: File): string | undefined;
  onUploaded(image: Image): void;
  /** Told of a 401. @returns true where it is worth another try at once. */
  onUnauthenticated(): Promise<boolean>;
  readonly isOnline: boolean;
  /** Calls back after so many milliseconds. */
  later?(milliseconds: number, work: () => void): void;
}

const FILES_AT_A_TIME = 3;

/** How often an upload that fails without a byte's progress is tried again by itself, the connection being there. */
const TRIES = 5;

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

interface Entry extends Upload {
  readonly transfer: Transfer;
  readonly state: Signal<UploadState>;
  readonly sent: Signal<number>;
  /** Set while it runs. */
  running: AbortController | undefined;
  /** Since it last made progress. */
  failures: number;
  /** The most bytes that the service has had: what is sent once more is no progress. */
  mostSent: number;
  refusals: number;
  isCancelled: boolean;
}

/** Thrown at what is broken off; nobody sees it. */
const BROKEN_OFF = new DOMException('The upload was broken off.', 'AbortError');

/** Several files on their way, three at a time. It knows nothing of the page, nor of how a file is sent. */
export function createUploadQueue(options: UploadQueueOptions): UploadQueue {
  return new Queue(options);
}

class Queue implements UploadQueue {
  readonly #options: UploadQueueOptions;
  readonly #entries = signal<readonly Entry[]>([]);
  readonly #isOnline: Signal<boolean>;
  #running = 0;
  #nextId = 1;

  constructor(options: UploadQueueOptions) {
    this.#options = options;
    this.#isOnline = signal(options.isOnline);
  }

  get uploads(): ReadonlySignal<readonly Upload[]> {
    return this.#entries;
  }

  get isOnline(): ReadonlySignal<boolean> {
    return this.#isOnline;
  }

  add(files: Iterable<File>): void {
    const kept = this.#entries.peek();
    const isIdle = kept.every(({ state }) => hasEnded(state.peek()));
    const added = [...files].map((file) => this.#entryOf(file));
    if (added.length === 0) return;
    const others = isIdle ? kept.filter(({ state }) => state.peek().kind !== 'done') : kept;
    this.#entries.value = [...others, ...added];
    this.#startNext();
  }

  pause(upload: Upload): void {
    const entry = this.#find(upload);
    if (entry && mayPause(entry.state.peek())) this.#breakOff(entry, { kind: 'paused' });
    this.#startNext();
  }

  resume(upload: Upload): void {
    const entry = this.#find(upload);
    if (entry) this.#resume([entry]);
  }

  cancel(upload: Upload): void {
    const entry = this.#find(upload);
    if (entry) this.#cancel([entry]);
  }

  pauseAll(): void {
    for (const entry of this.#entries.peek()) {
      if (mayPause(entry.state.peek())) this.#breakOff(entry, { kind: 'paused' });
    }
  }

  resumeAll(): void {
    this.#resume(this.#entries.peek());
  }

  cancelAll(): void {
    this.#cancel(this.#entries.peek().filter(({ state }) => !hasEnded(state.peek())));
  }

  clearEnded(): void {
    for (const entry of this.#entries.peek()) {
      if (entry.state.peek().kind === 'failed') void this.#discard(entry);
    }
    this.#entries.value = this.#entries.peek().filter(({ state }) => !hasEnded(state.peek()));
  }

  setOnline(isOnline: boolean): void {
    this.#isOnline.value = isOnline;
    const entries = this.#entries.peek();
    if (isOnline) {
      this.#queue(entries.filter(({ state }) => isHeldFor(state.peek(), ['offline', 'unreachable'])));
      return;
    }
    for (const entry of entries) {
      const { kind } = entry.state.peek();
      if (kind === 'sending' || kind === 'finishing') this.#breakOff(entry, { kind: 'held', why: 'offline' });
    }
  }

  signedIn(): void {
    const waiting = this.#entries.peek().filter(({ state }) => isHeldFor(state.peek(), ['sign-in']));
    for (const entry of waiting) entry.refusals = 0;
    this.#queue(waiting);
  }

  #entryOf(file: File): Entry {
    const words = this.#options.refusalOf(file);
    return {
      id: this.#nextId++,
      file,
      transfer: this.#options.transferOf(file),
      state: signal<UploadState>(
        words === undefined ? { kind: 'queued' } : { kind: 'failed', words, mayRetry: false },
      ),
      sent: signal(0),
      running: undefined,
      failures: 0,
      mostSent: 0,
      refusals: 0,
      isCancelled: false,
    };
  }

  #find({ id }: Upload): Entry | undefined {
    return this.#entries.peek().find((entry) => entry.id === id);
  }

  #cancel(entries: readonly Entry[]): void {
    this.#entries.value = this.#entries.peek().filter((entry) => !entries.includes(entry));
    for (const entry of entries) {
      const { kind } = entry.state.peek();
      if (kind === 'done') continue;
      entry.isCancelled = true;
      if (!entry.running) void this.#discard(entry);
      // What is being finished comes to its end, and is removed then: broken off it might be there all the same.
      else if (kind !== 'finishing') entry.running.abort(BROKEN_OFF);
    }
    this.#startNext();
  }

  #resume(entries: readonly Entry[]): void {
    const waiting = entries.filter(({ state }) => mayResume(state.peek()));
    for (const entry of waiting) {
      entry.failures = 0;
      entry.refusals = 0;
    }
    this.#queue(waiting);
  }

  #queue(entries: readonly Entry[]): void {
    for (const { state } of entries) state.value = { kind: 'queued' };
    this.#startNext();
  }

  /** Ends a run, if there is one; what it was broken off for is its state from now on. */
  #breakOff(entry: Entry, state: UploadState): void {
    entry.state.value = state;
    entry.running?.abort(BROKEN_OFF);
  }

  #startNext(): void {
    if (!this.#isOnline.peek()) return;
    const free = FILES_AT_A_TIME - this.#running;
    // What was broken off takes a moment to end; until then it cannot run again.
    const next = this.#entries
      .peek()
      .filter(({ state, running }) => state.peek().kind === 'queued' && running === undefined);
    for (const entry of next.slice(0, Math.max(0, free))) void this.#run(entry);
  }

  async #run(entry: Entry): Promise<void> {
    const running = new AbortController();
    const { signal } = running;
    entry.running = running;
    this.#running += 1;
    entry.state.value = { kind: 'sending' };
    try {
      const image = await entry.transfer.run({
        signal,
        onSent(bytes) {
          if (signal.aborted) return;
          entry.sent.value = bytes;
          if (bytes <= entry.mostSent) return;
          entry.mostSent = bytes;
          entry.failures = 0;
        },
        onAllSent() {
          if (!signal.aborted) entry.state.value = { kind: 'finishing' };
        },
      });
      this.#finish(entry, image);
    } catch (error) {
      if (!signal.aborted) await this.#fail(entry, error);
    } finally {
      entry.running = undefined;
      this.#running -= 1;
      if (entry.isCancelled) void this.#discard(entry);
      this.#startNext();
    }
  }

  /** Also what was broken off too late to matter: the image is there. */
  #finish(entry: Entry, image: Image): void {
    if (entry.isCancelled) return;
    entry.sent.value = entry.file.size;
    entry.state.value = { kind: 'done' };
    this.#options.onUploaded(image);
  }

  async #fail(entry: Entry, error: unknown): Promise<void> {
    const problem = error instanceof TintypeError ? error : { code: 'internal', message: '', status: 0 };
    if (problem.status === 401 && entry.refusals < 2) {
      entry.refusals += 1;
      const before = entry.state.peek();
      const isWorthIt = await this.#options.onUnauthenticated();
      // Somebody may have paused it meanwhile.
      if (entry.state.peek() !== before) return;
      entry.state.value = isWorthIt ? { kind: 'queued' } : { kind: 'held', why: 'sign-in' };
      return;
    }
    if (!this.#isOnline.peek()) {
      entry.state.value = { kind: 'held', why: 'offline' };
      return;
    }
    entry.failures += 1;
    if (problem.code === 'network' || (mayPass(problem) && entry.failures < TRIES)) {
      entry.state.value = { kind: 'held', why: 'unreachable' };
      this.#tryLater(entry);
      return;
    }
    entry.state.value = { kind: 'failed', words: wordsOf(problem), mayRetry: isWorthRetrying(problem) };
  }

  #tryLater(entry: Entry): void {
    const later = this.#options.later ?? ((milliseconds, work) => void setTimeout(work, milliseconds));
    const hold = entry.state.peek();
    later(Math.min(FIRST_WAIT_MS * 2 ** (entry.failures - 1), LONGEST_WAIT_MS), () => {
      // Somebody may have paused it, or resumed it, meanwhile.
      if (entry.state.peek() === hold && !entry.isCancelled) this.#queue([entry]);
    });
  }

  /** Whatever comes of it: what is announced and never completed ends by itself. */
  async #discard(entry: Entry): Promise<void> {
    await entry.transfer.discard().catch(() => {});
  }
}

/** Whether the same may succeed later, by itself. */
function mayPass({ code, status, retryAfterSeconds }: Partial<TintypeError>): boolean {
  if (code === 'conflict') return retryAfterSeconds !== undefined;
  return code === 'unavailable' || code === 'rate_limited' || status === 408 || (status ?? 0) >= 500;
}

export function hasEnded({ kind }: UploadState): boolean {
  return kind === 'done' || kind === 'failed';
}

/** Whether somebody can have it go on, or tried again. */
export function mayResume(state: UploadState): boolean {
  return state.kind === 'paused' || state.kind === 'held' || (state.kind === 'failed' && state.mayRetry);
}

function isHeldFor(state: UploadState, reasons: readonly HoldReason[]): boolean {
  return state.kind === 'held' && reasons.includes(state.why);
}

/** Whether somebody can have it wait. */
export function mayPause({ kind }: UploadState): boolean {
  return kind === 'queued' || kind === 'sending' || kind === 'held';
}
