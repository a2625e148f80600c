/** How far an upload has come, in bytes. */
export interface UploadProgress {
  readonly sent: number;
  readonly total: number;
}

export type OnProgress = (progress: UploadProgress) => void;

/** Adds up what is sent of an upload's parts. What is told never goes back: a part sent again counts once it is past where it was. */
export class Progress {
  readonly #total: number;
  readonly #tell: OnProgress;
  readonly #sent = new Map<number, number>();
  #told = -1;

  constructor(total: number, tell: OnProgress = () => {}) {
    this.#total = total;
    this.#tell = tell;
  }

  /** @param bytes of the part with this number, from its beginning. */
  sent(part: number, bytes: number): void {
    this.#sent.set(part, bytes);
    const all = [...this.#sent.values()].reduce((sum, one) => sum + one, 0);
    if (all <= this.#told) return;
    this.#told = Math.min(all, this.#total);
    this.#tell({ sent: this.#told, total: this.#total });
  }
}
