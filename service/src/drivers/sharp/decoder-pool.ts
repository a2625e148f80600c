import { unavailable } from '../../domain/errors.ts';
import { type DecoderJob, DecoderProcess, type DecoderSettings, type Loss } from './decoder-process.ts';

export interface DecoderPoolOptions extends DecoderSettings {
  /** Most decoders at a time. */
  readonly size: number;
  /** Most images that wait for one. */
  readonly queueLimit: number;
  /** Images after which a decoder is replaced. */
  readonly jobsPerDecoder: number;
  /** How long a decoder at rest is kept. */
  readonly idleMs: number;
  /** Told of each decoder that is lost: over a limit, or by a fault of its own. */
  readonly onLoss?: (reason: Loss) => void;
}

/** The pool as it is now. */
export interface DecoderLoad {
  readonly busy: number;
  readonly waiting: number;
}

/**
 * Decoders, started when needed and replaced after a fault, after a number of images, and when one at rest
 * holds on to half of what it may use. They end with this process, and never keep it alive.
 */
export class DecoderPool {
  readonly #options: DecoderPoolOptions;
  readonly #decoders = new Set<DecoderProcess>();
  readonly #idle: DecoderProcess[] = [];
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  #busy = 0;
  #closed = false;

  constructor(options: DecoderPoolOptions) {
    this.#options = options;
  }

  /** The processes there are now. */
  get pids(): number[] {
    return [...this.#decoders].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  get load(): DecoderLoad {
    return { busy: this.#busy, waiting: this.#waiting.length };
  }

  /** @throws DomainError as DecoderProcess.run does, and `unavailable` when too many wait already. */
  async run<Header, Result>(job: DecoderJob<Header, Result>): Promise<Result> {
    await this.#turn();
    let decoder: DecoderProcess | undefined;
    try {
      decoder = this.#takeIdle() ?? this.#start();
      return await decoder.run(job);
    } catch (error) {
      if (decoder === undefined || !mayHaveBeenFull(decoder)) throw error;
      await decoder.gone;
      decoder = this.#start();
      return await decoder.run(job);
    } finally {
      if (decoder === undefined) this.#next();
      else void this.#giveBack(decoder).finally(() => this.#next());
    }
  }

  /** Ends all decoders and refuses further work. */
  async close(): Promise<void> {
    this.#closed = true;
    const error = closing();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    const decoders = [...this.#decoders];
    for (const decoder of decoders) decoder.kill(error);
    await Promise.all(decoders.map(({ gone }) => gone));
  }

  async #turn(): Promise<void> {
    if (this.#closed) throw closing();
    if (this.#busy < this.#options.size) {
      this.#busy++;
      return;
    }
    if (this.#waiting.length >= this.#options.queueLimit) {
      throw unavailable('Too many images wait to be decoded. Try again later.', undefined);
    }
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    await turn.promise;
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy--;
    else next.resolve();
  }

  #takeIdle(): DecoderProcess | undefined {
    // One at rest may have been killed from outside.
    for (let decoder = this.#idle.pop(); decoder !== undefined; decoder = this.#idle.pop()) {
      if (decoder.usable) return decoder;
    }
    return undefined;
  }

  #start(): DecoderProcess {
    if (this.#closed) throw closing();
    const decoder = new DecoderProcess(this.#options);
    this.#decoders.add(decoder);
    void decoder.gone.then(() => {
      this.#decoders.delete(decoder);
      this.#forget(decoder);
      if (decoder.loss !== undefined) this.#options.onLoss?.(decoder.loss);
    });
    return decoder;
  }

  /** Its place is free only when a decoder that is not to be used again is gone: there are never more than `size`. */
  async #giveBack(decoder: DecoderProcess): Promise<void> {
    const { jobsPerDecoder, memoryLimitBytes, idleMs } = this.#options;
    const worn =
      decoder.jobs >= jobsPerDecoder || ((await decoder.residentBytes()) ?? 0) > memoryLimitBytes / 2;
    if (worn || !decoder.usable) {
      decoder.kill(replaced());
      return decoder.gone;
    }
    this.#idle.push(decoder);
    const jobs = decoder.jobs;
    setTimeout(() => {
      if (decoder.jobs === jobs && this.#forget(decoder)) decoder.kill(replaced());
    }, idleMs).unref();
  }

  /** True where it was at rest. */
  #forget(decoder: DecoderProcess): boolean {
    const at = this.#idle.indexOf(decoder);
    if (at >= 0) this.#idle.splice(at, 1);
    return at >= 0;
  }
}

/** Memory that former images have left scattered is no fault of this one: it deserves a decoder of its own. */
const mayHaveBeenFull = ({ excess, jobs }: DecoderProcess) => excess === 'memory' && jobs > 1;

const closing = () => unavailable('The service is stopping.', undefined);
const replaced = () => unavailable('The decoder has been replaced.', undefined);
