interface Waiting {
  readonly exclusive: boolean;
  readonly enter: () => void;
}

/** Lets reads run together and each write alone, in the order in which they came. */
export class ReadWriteLock {
  #readers = 0;
  #writing = false;
  readonly #waiting: Waiting[] = [];

  shared<T>(work: () => Promise<T>): Promise<T> {
    return this.#run(false, work);
  }

  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#run(true, work);
  }

  async #run<T>(exclusive: boolean, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ exclusive, enter });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      if (exclusive) this.#writing = false;
      else this.#readers--;
      this.#admit();
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#writing || (next.exclusive && this.#readers > 0)) return;
      this.#waiting.shift();
      if (next.exclusive) this.#writing = true;
      else this.#readers++;
      next.enter();
    }
  }
}
