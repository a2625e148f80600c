import { type Image, TintypeError } from '@tintype/client';
import { describe, expect, it } from 'vitest';
import type { Transfer, TransferWatch } from './transfer.ts';
import { createUploadQueue, type Upload, type UploadState } from './upload-queue.ts';

/** A run of a transfer, which ends as the test says. */
interface Run {
  readonly watch: TransferWatch;
  succeed(): void;
  fail(error: unknown): void;
}

/** Of one file: its runs so far, and how often it was discarded. */
class ScriptedTransfer implements Transfer {
  readonly runs: Run[] = [];
  readonly #name: string;
  discarded = 0;

  constructor(name: string) {
    this.#name = name;
  }

  run(watch: TransferWatch): Promise<Image> {
    const { promise, resolve, reject } = Promise.withResolvers<Image>();
    this.runs.push({ watch, succeed: () => resolve({ image_id: this.#name } as Image), fail: reject });
    watch.signal.addEventListener('abort', () => reject(watch.signal.reason));
    return promise;
  }

  async discard(): Promise<void> {
    this.discarded += 1;
  }

  get last(): Run {
    const run = this.runs.at(-1);
    if (!run) throw new Error(`${this.#name} has not run.`);
    return run;
  }
}

/** A queue of files a, b, c and so on, whose transfers, clock and sign-in the test has in its hand. */
function queueOf(count: number, { isOnline = true, isWorthAnother = false } = {}) {
  const transfers = new Map<string, ScriptedTransfer>();
  const uploaded: string[] = [];
  const timers: { readonly milliseconds: number; readonly work: () => void }[] = [];
  const queue = createUploadQueue({
    transferOf({ name }) {
      const transfer = new ScriptedTransfer(name);
      transfers.set(name, transfer);
      return transfer;
    },
    refusalOf: ({ type }) => (type === 'text/plain' ? 'Only images are accepted.' : undefined),
    onUploaded: ({ image_id }) => uploaded.push(image_id),
    onUnauthenticated: async () => isWorthAnother,
    isOnline,
    later: (milliseconds, work) => timers.push({ milliseconds, work }),
  });
  queue.add(Array.from({ length: count }, (_unused, at) => fileOf(String.fromCharCode(97 + at))));
  const states = () =>
    Object.fromEntries(queue.uploads.value.map(({ file, state }) => [file.name, state.value.kind]));
  const upload = (name: string): Upload => {
    const found = queue.uploads.value.find(({ file }) => file.name === name);
    if (!found) throw new Error(`${name} is not on the list.`);
    return found;
  };
  const transfer = (name: string) => transfers.get(name) ?? new ScriptedTransfer(name);
  const becomes = (name: string, kind: UploadState['kind']) =>
    expect.poll(() => upload(name).state.value.kind).toBe(kind);
  return { queue, states, upload, transfer, becomes, uploaded, timers };
}

function fileOf(name: string, type = 'image/jpeg'): File {
  return new File(['0123456789'], name, { type });
}

const network = () => new TintypeError('network', 0, 'No answer came back.');
const problem = (code: string, status: number) => new TintypeError(code, status, 'The service says so.');

describe('files that are added', () => {
  it('are sent three at a time, in order', async () => {
    const { states, transfer, becomes, uploaded } = queueOf(5);
    expect(states()).toEqual({ a: 'sending', b: 'sending', c: 'sending', d: 'queued', e: 'queued' });
    transfer('b').last.succeed();
    await becomes('d', 'sending');
    expect([states()['b'], states()['e'], uploaded]).toEqual(['done', 'queued', ['b']]);
  });

  it('are refused in words, unsent, where they are nothing to send', () => {
    const { queue, upload, transfer } = queueOf(0);
    queue.add([fileOf('a', 'text/plain')]);
    expect(upload('a').state.value).toEqual({
      kind: 'failed',
      words: 'Only images are accepted.',
      mayRetry: false,
    });
    queue.resume(upload('a'));
    expect(transfer('a').runs).toHaveLength(0);
  });

  it('take the place of those that are done, once all have come to their end', async () => {
    const { queue, states, transfer, becomes } = queueOf(2);
    transfer('a').last.succeed();
    await becomes('a', 'done');
    queue.add([fileOf('c')]);
    expect(Object.keys(states())).toEqual(['a', 'b', 'c']);
    transfer('b').last.fail(problem('quota_exceeded', 429));
    transfer('c').last.succeed();
    await becomes('c', 'done');
    await becomes('b', 'failed');
    queue.add([fileOf('d')]);
    expect(states()).toEqual({ b: 'failed', d: 'sending' });
  });

  it('tell how far they have come, and when all is sent', () => {
    const { upload, transfer } = queueOf(1);
    transfer('a').last.watch.onSent(4);
    expect([upload('a').sent.value, upload('a').state.value.kind]).toEqual([4, 'sending']);
    transfer('a').last.watch.onAllSent();
    expect(upload('a').state.value.kind).toBe('finishing');
  });
});

describe('pausing', () => {
  it('breaks one off and lets the next one run; resumed it runs again when it is its turn', async () => {
    const { queue, states, upload, transfer, becomes } = queueOf(4);
    queue.pause(upload('a'));
    expect(transfer('a').last.watch.signal.aborted).toBe(true);
    await becomes('d', 'sending');
    queue.resume(upload('a'));
    expect(states()['a']).toBe('queued');
    transfer('b').last.succeed();
    await becomes('a', 'sending');
    expect(transfer('a').runs).toHaveLength(2);
  });

  it('and resuming at once runs it once at a time', async () => {
    const { queue, upload, transfer, becomes } = queueOf(1);
    queue.pause(upload('a'));
    queue.resume(upload('a'));
    expect(transfer('a').runs).toHaveLength(1);
    await becomes('a', 'sending');
    expect(transfer('a').runs).toHaveLength(2);
  });

  it('all leaves alone what is being finished', () => {
    const { queue, states, transfer } = queueOf(4);
    transfer('a').last.watch.onAllSent();
    queue.pauseAll();
    expect(states()).toEqual({ a: 'finishing', b: 'paused', c: 'paused', d: 'paused' });
    expect(transfer('a').last.watch.signal.aborted).toBe(false);
    queue.resumeAll();
    expect(Object.values(states())).toEqual(['finishing', 'queued', 'queued', 'queued']);
  });
});

describe('cancelling', () => {
  it('takes one off the list and removes what was sent of it', async () => {
    const { queue, states, upload, transfer, becomes } = queueOf(4);
    queue.cancel(upload('a'));
    await becomes('d', 'sending');
    expect(states()).toEqual({ b: 'sending', c: 'sending', d: 'sending' });
    expect(transfer('a').discarded).toBe(1);
  });

  it('lets what is being finished end, and removes what it has made', async () => {
    const { queue, upload, transfer, uploaded } = queueOf(1);
    transfer('a').last.watch.onAllSent();
    queue.cancel(upload('a'));
    expect([transfer('a').last.watch.signal.aborted, transfer('a').discarded]).toEqual([false, 0]);
    transfer('a').last.succeed();
    await expect.poll(() => transfer('a').discarded).toBe(1);
    expect(uploaded).toEqual([]);
  });

  it('all leaves what is done, which clearing takes off the list without removing it', async () => {
    const { queue, states, transfer, becomes } = queueOf(5);
    transfer('a').last.succeed();
    await becomes('a', 'done');
    queue.cancelAll();
    expect(states()).toEqual({ a: 'done' });
    await expect.poll(() => transfer('e').discarded).toBe(1);
    expect(transfer('e').runs).toHaveLength(0);
    queue.clearEnded();
    expect([states(), transfer('a').discarded]).toEqual([{}, 0]);
  });
});

describe('without a connection', () => {
  it('what is on its way waits, nothing is begun, and all goes on by itself with the connection', async () => {
    const { queue, states, transfer, becomes } = queueOf(4);
    queue.setOnline(false);
    expect(states()).toEqual({ a: 'held', b: 'held', c: 'held', d: 'queued' });
    await expect.poll(() => transfer('a').last.watch.signal.aborted).toBe(true);
    expect(transfer('d').runs).toHaveLength(0);
    queue.setOnline(true);
    for (const name of ['a', 'b', 'c']) await becomes(name, 'sending');
    expect(['a', 'b', 'c', 'd'].map((name) => transfer(name).runs.length)).toEqual([2, 2, 2, 0]);
  });

  it('what somebody has paused stays paused', () => {
    const { queue, states, upload } = queueOf(1);
    queue.pause(upload('a'));
    queue.setOnline(false);
    queue.setOnline(true);
    expect(states()).toEqual({ a: 'paused' });
  });

  it('nothing that is added is begun', () => {
    const { states, transfer } = queueOf(1, { isOnline: false });
    expect([states(), transfer('a').runs.length]).toEqual([{ a: 'queued' }, 0]);
  });

  it('that the browser knows of, it is tried again later each time, for as long as it takes', async () => {
    const { transfer, becomes, timers } = queueOf(1);
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      transfer('a').last.fail(network());
      await becomes('a', 'held');
      const timer = timers.pop();
      expect(timer?.milliseconds).toBe(seconds * 1000);
      timer?.work();
      await becomes('a', 'sending');
    }
  });

  it('does not go on by a timer what was paused meanwhile', async () => {
    const { queue, states, upload, transfer, becomes, timers } = queueOf(1);
    transfer('a').last.fail(network());
    await becomes('a', 'held');
    queue.pause(upload('a'));
    timers.pop()?.work();
    expect(states()).toEqual({ a: 'paused' });
  });
});

describe('a failure', () => {
  it.each([
    ['quota_exceeded', 429, true],
    ['unprocessable_image', 422, false],
  ])('%s is told in words, and offers another try or not', async (code, status, mayRetry) => {
    const { queue, upload, transfer, becomes } = queueOf(1);
    transfer('a').last.fail(problem(code, status));
    await becomes('a', 'failed');
    expect(upload('a').state.value).toMatchObject({ mayRetry });
    queue.resume(upload('a'));
    expect(upload('a').state.value.kind).toBe(mayRetry ? 'sending' : 'failed');
  });

  it('that may pass is tried again by itself, five times at most without progress', async () => {
    const { transfer, becomes, timers, upload } = queueOf(1);
    for (let tries = 1; tries < 5; tries++) {
      transfer('a').last.fail(problem('unavailable', 503));
      await becomes('a', 'held');
      timers.pop()?.work();
    }
    transfer('a').last.watch.onSent(5);
    transfer('a').last.fail(problem('unavailable', 503));
    await becomes('a', 'held');
    expect(timers.pop()?.milliseconds).toBe(1000);
    expect(upload('a').sent.value).toBe(5);
  });

  it('that goes on for five tries is one that somebody has to look at', async () => {
    const { transfer, becomes, timers } = queueOf(1);
    for (let tries = 1; tries < 5; tries++) {
      transfer('a').last.fail(problem('internal', 500));
      await becomes('a', 'held');
      timers.pop()?.work();
    }
    transfer('a').last.fail(problem('internal', 500));
    await becomes('a', 'failed');
  });

  it('that comes after all was sent does not go on for ever: what is sent again is no progress', async () => {
    const { transfer, becomes, timers } = queueOf(1);
    const sendAllAndFail = () => {
      for (const bytes of [0, 5, 10]) transfer('a').last.watch.onSent(bytes);
      transfer('a').last.fail(problem('internal', 500));
    };
    for (let tries = 1; tries < 5; tries++) {
      sendAllAndFail();
      await becomes('a', 'held');
      timers.pop()?.work();
    }
    sendAllAndFail();
    await becomes('a', 'failed');
  });
});

describe('a token that is refused', () => {
  it('waits for somebody to sign in, and goes on then', async () => {
    const { queue, upload, transfer, becomes } = queueOf(1);
    transfer('a').last.fail(problem('unauthenticated', 401));
    await becomes('a', 'held');
    expect(upload('a').state.value).toEqual({ kind: 'held', why: 'sign-in' });
    queue.setOnline(false);
    queue.setOnline(true);
    expect(upload('a').state.value.kind).toBe('held');
    queue.signedIn();
    expect(upload('a').state.value.kind).toBe('sending');
  });

  it('is tried again with another where there is one, twice at most', async () => {
    const { transfer, becomes } = queueOf(1, { isWorthAnother: true });
    for (const runs of [2, 3]) {
      transfer('a').last.fail(problem('unauthenticated', 401));
      await expect.poll(() => transfer('a').runs.length).toBe(runs);
    }
    transfer('a').last.fail(problem('unauthenticated', 401));
    await becomes('a', 'failed');
  });
});
