import { countInWords } from '../session/usage.ts';
import { hasEnded, type UploadState } from './upload-queue.ts';

/** Of an upload, what is added up. */
export interface Tallied {
  readonly size: number;
  readonly sent: number;
  readonly state: UploadState;
}

/** Several uploads, added up. */
export interface Tally {
  readonly count: number;
  readonly done: number;
  readonly failed: number;
  /** Of those that have not come to their end. */
  readonly paused: number;
  readonly waitForSignIn: number;
  readonly unfinished: number;
  /** From 0 to 1, of the bytes of all that have not failed. */
  readonly share: number;
}

export function tallyOf(uploads: readonly Tallied[]): Tally {
  const having = (test: (state: UploadState) => boolean) => uploads.filter(({ state }) => test(state)).length;
  const counted = uploads.filter(({ state }) => state.kind !== 'failed');
  const bytes = counted.reduce((sum, { size }) => sum + size, 0);
  const sent = counted.reduce((sum, { size, sent, state }) => sum + (state.kind === 'done' ? size : sent), 0);
  return {
    count: uploads.length,
    done: having(({ kind }) => kind === 'done'),
    failed: having(({ kind }) => kind === 'failed'),
    paused: having(({ kind }) => kind === 'paused'),
    waitForSignIn: having((state) => state.kind === 'held' && state.why === 'sign-in'),
    unfinished: having((state) => !hasEnded(state)),
    share: bytes === 0 ? 0 : Math.min(1, sent / bytes),
  };
}

/** How the uploads stand, in a few words. */
export function headlineOf(tally: Tally, isOnline: boolean): string {
  const { count, done, failed, paused, waitForSignIn, unfinished } = tally;
  if (unfinished === 0) return endOf(tally);
  const sofar = `${done.toLocaleString('en')} of ${count.toLocaleString('en')} done`;
  const and = failed > 0 ? `, ${failed.toLocaleString('en')} failed` : '';
  if (!isOnline) return `Offline: ${sofar}${and}. The rest follows when the connection is back.`;
  if (waitForSignIn > 0 && waitForSignIn + paused === unfinished) {
    return `Sign in again to go on: ${sofar}${and}`;
  }
  return paused === unfinished ? `Paused: ${sofar}${and}` : `Uploading: ${sofar}${and}`;
}

function endOf({ done, failed }: Tally): string {
  const uploaded = `${countInWords(done, 'image')} uploaded`;
  if (failed === 0) return uploaded;
  return done === 0
    ? `${countInWords(failed, 'upload')} failed`
    : `${uploaded}, ${failed.toLocaleString('en')} failed`;
}

/** How one upload stands, in a few words. */
export function statusOf({ size, sent, state }: Tallied, isOnline: boolean): string {
  switch (state.kind) {
    case 'queued':
      return isOnline ? 'Waiting' : 'Waiting for the connection';
    case 'sending':
      return percentOf(sent, size);
    case 'finishing':
      return 'Finishing';
    case 'paused':
      return sent > 0 ? `Paused at ${percentOf(sent, size)}` : 'Paused';
    case 'held':
      return HELD[state.why];
    case 'failed':
      return state.words;
    case 'done':
      return 'Uploaded';
  }
}

const HELD = {
  offline: 'Waiting for the connection',
  'sign-in': 'Waiting for you to sign in',
  unreachable: 'No answer. Trying again soon',
} as const;

export function percentOf(sent: number, size: number): string {
  // Not 100 % before the last byte.
  return `${size === 0 ? 0 : Math.floor(Math.min(1, sent / size) * 100)} %`;
}
