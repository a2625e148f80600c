import { type ReadonlySignal, signal } from '@preact/signals';

export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'info' | 'error';
  readonly action?: NoticeAction;
}

/** How long a notice stays, in milliseconds; longer where there is something to decide or to read. */
const STAYS = { info: 4_000, error: 10_000, withAction: 8_000 };

const MOST = 3;

/** Short messages of what has happened, read out to who does not see them. They go by themselves. */
export class Notices {
  readonly #shown = signal<readonly Notice[]>([]);
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #last = 0;

  get shown(): ReadonlySignal<readonly Notice[]> {
    return this.#shown;
  }

  /** Shows a notice; the answer takes it away again. */
  show(
    text: string,
    { tone = 'info', action }: { tone?: Notice['tone']; action?: NoticeAction } = {},
  ): () => void {
    this.#last += 1;
    const id = this.#last;
    // What offers nothing makes room, and more than a few at once nobody reads.
    const kept = this.#shown.value.filter((notice) => notice.action !== undefined).slice(1 - MOST);
    this.#shown.value = [...kept, { id, text, tone, ...(action ? { action } : {}) }];
    this.#leaveLater(id);
    return () => this.dismiss(id);
  }

  dismiss(id: number): void {
    this.#stop(id);
    this.#shown.value = this.#shown.value.filter((notice) => notice.id !== id);
  }

  /** Keeps all notices while somebody is at them. */
  hold(): void {
    for (const { id } of this.#shown.value) this.#stop(id);
  }

  release(): void {
    for (const { id } of this.#shown.value) this.#leaveLater(id);
  }

  /** Does what the last notice offers, such as undoing; false: none offers anything. */
  actLast(): boolean {
    const notice = this.#shown.value.findLast(({ action }) => action !== undefined);
    if (!notice?.action) return false;
    this.dismiss(notice.id);
    notice.action.run();
    return true;
  }

  #leaveLater(id: number): void {
    const notice = this.#shown.value.find((one) => one.id === id);
    if (!notice) return;
    this.#stop(id);
    const stays = notice.action ? STAYS.withAction : STAYS[notice.tone];
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), stays),
    );
  }

  #stop(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }
}
