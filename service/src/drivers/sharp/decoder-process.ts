import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { setPriority } from 'node:os';
import { parse } from 'node:path';
import { DecoderEnded, DomainError, unavailable } from '../../domain/errors.ts';
import { releaseMemory } from '../../domain/release-memory.ts';
import type { SourceImage } from '../../ports/renderer.ts';
import { decoderArguments } from './decoder-arguments.ts';
import { type Frame, FrameReader, type FrameRules, frameHead } from './frames.ts';
import type { DecoderRequest } from './protocol.ts';
import { memoryProbe } from './resident-memory.ts';
import { type Excess, Watch, type WatchLimits } from './watch.ts';

export interface DecoderSettings extends WatchLimits {
  /** The file that runs in a decoder. */
  readonly program: string;
}

/** One image, what is wanted of it, and what may be answered. */
export interface DecoderJob<Header, Result> {
  readonly request: DecoderRequest;
  readonly source: SourceImage;
  readonly rules: FrameRules<Header>;
  /** Checks the whole answer; throws where it is not what was asked for. */
  readonly accept: (answer: Frame<Header>) => Result;
}

/** Why there is one less: it went over a limit, or it ended or could not be trusted. */
export type Loss = Excess | 'fault';

const EXCESSES: Readonly<Record<Excess, string>> = {
  time: 'The image takes more time to decode than is allowed.',
  memory: 'The image takes more memory to decode than is allowed.',
};

/**
 * Requests go first: what decodes is nicer than what answers. Still nicer is no better: at 19, and of the class that runs
 * only where nobody else does, as many uploads were taken a second, and fewer images got done besides.
 */
const NICENESS = 10;

/**
 * All that a decoder's environment holds. By default glibc gives each thread a heap of its own, and what one of them frees
 * is of no use to the others: decoders grew until they had to be replaced, every ninth image of 8 megapixels, and
 * that and touching ever new memory cost 9 to 14 % of their time. Other allocators do not know the name.
 */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1' };

/** Of what a decoder writes to stderr, for the log. */
const LAST_WORDS = 2_000;

const ended = (cause: unknown) => new DecoderEnded(cause);

/**
 * A decoder's process, for one image at a time. It has nothing worth having in its environment and Node's permissions
 * around it, is watched while it works, and is killed at the first thing that is not as it should be.
 */
export class DecoderProcess {
  readonly #child: ChildProcess;
  readonly #settings: DecoderSettings;
  readonly #gone = Promise.withResolvers<void>();
  #fault: DomainError | undefined;
  /** The job under way: what comes from the process, and how it fails. */
  #work: { receive: (chunk: Buffer) => void; fail: (error: DomainError) => void } | undefined;
  #excess: Excess | undefined;
  #lastWords = '';
  #jobs = 0;

  constructor(settings: DecoderSettings) {
    this.#settings = settings;
    this.#child = spawn(process.execPath, decoderArguments(settings.program), {
      cwd: parse(settings.program).root,
      env: ENVIRONMENT,
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.#listen();
    this.#lowerPriority();
    this.#keepAlive(false);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Jobs that it has been given. */
  get jobs(): number {
    return this.#jobs;
  }

  /** False from the first fault on. */
  get usable(): boolean {
    return this.#fault === undefined;
  }

  /** The limit that it has gone over. */
  get excess(): Excess | undefined {
    return this.#excess;
  }

  /** Undefined where it has been ended because it was not needed any more. */
  get loss(): Loss | undefined {
    return this.#excess ?? (this.#fault instanceof DecoderEnded ? 'fault' : undefined);
  }

  /** Settles when the process is no more. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** Bytes of memory that it holds; undefined where that cannot be told. */
  async residentBytes(): Promise<number | undefined> {
    return this.pid === undefined ? undefined : memoryProbe.residentBytes(this.pid);
  }

  /**
   * Sends an image and takes the answer. Errors of the source pass through.
   * @throws DomainError `unprocessable_image` over a limit, `unavailable` when the process ends or cannot be trusted.
   */
  async run<Header, Result>(job: DecoderJob<Header, Result>): Promise<Result> {
    if (this.#fault !== undefined) throw this.#fault;
    const answer = Promise.withResolvers<Result>();
    const reader = new FrameReader(job.rules);
    this.#jobs++;
    this.#work = {
      fail: answer.reject,
      receive: (chunk) => {
        const frame = reader.push(chunk);
        if (frame === undefined) return;
        this.#work = undefined;
        answer.resolve(job.accept(frame));
      },
    };
    const watch = new Watch(this.pid, this.#settings, (excess) => {
      this.#excess ??= excess;
      this.kill(new DomainError('unprocessable_image', EXCESSES[excess]));
    });
    this.#keepAlive(true);
    try {
      await this.#send(job, watch, answer.promise);
      return await answer.promise;
    } finally {
      this.#work = undefined;
      watch.stop();
      this.#keepAlive(false);
    }
  }

  /** Ends the process at once; work under way fails with the error. */
  kill(error: DomainError): void {
    this.#fault ??= error;
    this.#child.kill('SIGKILL');
    this.#work?.fail(this.#fault);
    this.#work = undefined;
  }

  /** Nothing is written before the source has begun: one that cannot be read costs no decoder. */
  async #send(
    { request, source }: Pick<DecoderJob<unknown, unknown>, 'request' | 'source'>,
    watch: Watch,
    answer: Promise<unknown>,
  ): Promise<void> {
    let sending = true;
    const interrupted = answer.then((): Promise<never> => {
      if (!sending) return new Promise(() => undefined);
      throw this.#distrust(new Error('It answered before it had the whole image.'));
    });
    interrupted.catch(() => undefined);
    const chunks = source.stream()[Symbol.asyncIterator]();
    let sent = 0;
    try {
      for (let coming = chunks.next(); ; ) {
        watch.pause();
        const next = await Promise.race([coming, interrupted]);
        watch.resume();
        if (next.done) break;
        const head = sent === 0 ? [frameHead(request)] : [];
        sent += next.value.length;
        // Read while these are sent. How that ends is looked at in its turn.
        coming = chunks.next();
        coming.catch(() => undefined);
        for (const bytes of [...head, next.value]) await Promise.race([this.#write(bytes), interrupted]);
        releaseMemory(next.value);
      }
      if (sent !== request.size_bytes) {
        throw unavailable('The bytes of the image are not all there.', new Error(`${sent} were read.`));
      }
    } catch (error) {
      // It waits for bytes that will never come.
      if (sent > 0) this.kill(ended(error));
      throw error;
    } finally {
      sending = false;
      // Not waited for: a source that hangs would hang here, too.
      void chunks.return?.().then(undefined, () => undefined);
    }
  }

  /**
   * Waits until the bytes have left: no more of an image is held here than its source gives at once, and once more.
   * A pipe that breaks is a process that ends, which says more about it.
   */
  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#child.stdin?.write(bytes, (error) => (error ? undefined : resolve()));
    });
  }

  #listen(): void {
    const child = this.#child;
    child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-LAST_WORDS);
    });
    // One that shuts its pipe has not ended yet.
    child.stdin?.on('error', () => child.kill('SIGKILL'));
    child.on('error', (error) => {
      this.kill(ended(error));
      if (child.pid === undefined) this.#gone.resolve();
    });
    child.on('exit', (code, signal) => {
      // What it said last may be read after that; to wait for the pipe's end would be to trust that it has one.
      setImmediate(() => {
        this.kill(ended(new Error(`It ended with ${signal ?? code}. ${this.#lastWords}`)));
        this.#gone.resolve();
      });
    });
  }

  #receive(chunk: Buffer): void {
    if (!this.usable) return;
    try {
      if (this.#work === undefined) throw new Error('It said something unasked.');
      this.#work.receive(chunk);
      // Of what is in it there is a copy.
      releaseMemory(chunk);
    } catch (error) {
      this.#distrust(error);
    }
  }

  /** What it says is not what it was asked for: it may have been taken over. */
  #distrust(cause: unknown): DomainError {
    const error = new DecoderEnded(cause);
    this.kill(error);
    return error;
  }

  #lowerPriority(): void {
    try {
      if (this.pid !== undefined) setPriority(this.pid, NICENESS);
    } catch {
      // It has ended already, or priorities are not ours to change.
    }
  }

  /** Only work under way keeps this process alive: a decoder at rest ends with it. */
  #keepAlive(wanted: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    const handles = [stdin, stdout, stderr].filter((pipe) => pipe instanceof Socket);
    for (const handle of [this.#child, ...handles]) wanted ? handle.ref() : handle.unref();
  }
}
