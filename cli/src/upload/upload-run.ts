import { TintypeError } from '@tintype/client';
import { fileDigest } from './file-digest.ts';
import { fileReason, type LocalImage } from './find-images.ts';
import { FileFailure, type Sending } from './store-image.ts';

/** What became of a file. */
export type Outcome =
  | { readonly outcome: 'uploaded' | 'present' | 'would_upload'; readonly image_id?: string }
  /** Another file of the run has the same bytes. */
  | { readonly outcome: 'identical'; readonly image_id?: string; readonly path: string }
  | { readonly outcome: 'failed'; readonly error: unknown }
  /** It was not its turn yet, or it was under way, when the run was stopped. */
  | { readonly outcome: 'stopped' };

export interface FinishedFile {
  readonly file: LocalImage;
  /** Undefined where it was not read to its end. */
  readonly checksum: string | undefined;
  readonly result: Outcome;
}

export interface Run {
  readonly files: readonly LocalImage[];
  /** How many at a time. */
  readonly parallel: number;
  /** Stops the run. */
  readonly signal: AbortSignal;
  /** Uploads a file, unless it is there. */
  readonly store: (file: LocalImage, checksum: string, sending: Sending) => Promise<Outcome>;
  /** Told of each file as it is done with. */
  readonly finished: (file: FinishedFile) => void;
  /** Told how much of a file has been sent so far, in bytes. */
  readonly sent: (file: LocalImage, bytes: number) => void;
}

/** What would befall every other file as well: the rest is not tried. */
const CONCERNS_ALL = [
  'network',
  'unexpected_answer',
  'unauthenticated',
  'insufficient_user_authentication',
  'unavailable',
  'rate_limited',
  'insufficient_storage',
];

/**
 * Brings files to the service, some at a time, each bytes once. Resolves when all are done with; with the error that
 * ended the run, where one did.
 */
export async function runUploads(run: Run): Promise<{ readonly endedBy?: unknown }> {
  const queue = run.files[Symbol.iterator]();
  const ended = new AbortController();
  const signal = AbortSignal.any([run.signal, ended.signal]);
  const byChecksum = new Map<string, { readonly path: string; readonly result: Promise<Outcome> }>();
  let endedBy: unknown;
  const work = async () => {
    for (const file of queue) {
      const { checksum, result } = await bring(run, file, byChecksum, signal);
      run.finished({ file, checksum, result });
      if (result.outcome !== 'failed' || !concernsAll(result.error)) continue;
      endedBy ??= result.error;
      ended.abort(result.error);
    }
  };
  await Promise.all(Array.from({ length: run.parallel }, work));
  return endedBy === undefined ? {} : { endedBy };
}

async function bring(
  run: Run,
  file: LocalImage,
  byChecksum: Map<string, { readonly path: string; readonly result: Promise<Outcome> }>,
  signal: AbortSignal,
): Promise<{ readonly checksum: string | undefined; readonly result: Outcome }> {
  if (signal.aborted) return { checksum: undefined, result: { outcome: 'stopped' } };
  let checksum: string;
  try {
    checksum = await fileDigest(file.path, signal);
  } catch (error) {
    const failure = signal.aborted ? error : new FileFailure(fileReason(error), { cause: error });
    return { checksum: undefined, result: failed(failure, signal) };
  }
  // Where the first of them has failed the next one is tried, and the others wait for that.
  for (let first = byChecksum.get(checksum); first; ) {
    const earlier = await first.result;
    if ('image_id' in earlier) {
      return { checksum, result: { outcome: 'identical', path: first.path, image_id: earlier.image_id } };
    }
    if (earlier.outcome === 'would_upload') {
      return { checksum, result: { outcome: 'identical', path: first.path } };
    }
    const next = byChecksum.get(checksum);
    if (next === first) break;
    first = next;
  }
  const sending = { signal, onSent: (bytes: number) => run.sent(file, bytes) };
  const result = run.store(file, checksum, sending).catch((error: unknown) => failed(error, signal));
  byChecksum.set(checksum, { path: file.path, result });
  return { checksum, result: await result };
}

function failed(error: unknown, signal: AbortSignal): Outcome {
  return signal.aborted && error === signal.reason ? { outcome: 'stopped' } : { outcome: 'failed', error };
}

function concernsAll(error: unknown): boolean {
  return error instanceof TintypeError && CONCERNS_ALL.includes(error.code);
}
