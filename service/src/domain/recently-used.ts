/**
 * Keeps values that were used last. In two generations: what is used of the older one gets into the younger one, and once that is full
 * the older one is dropped as a whole. To move each value to the end of one list whenever it is used would cost more than to look it up.
 */
export class RecentlyUsed<Key, Value> {
  readonly #each: number;
  #younger = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  /** @param most values that are kept; of those used last at least half as many are there. */
  constructor(most: number) {
    this.#each = Math.ceil(most / 2);
  }

  get(key: Key): Value | undefined {
    const value = this.#younger.get(key);
    if (value !== undefined) return value;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  /** Is no use of it. */
  has(key: Key): boolean {
    return this.#younger.has(key) || this.#older.has(key);
  }

  set(key: Key, value: Value): void {
    this.#older.delete(key);
    if (this.#younger.size >= this.#each && !this.#younger.has(key)) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(key, value);
  }

  delete(key: Key): void {
    this.#younger.delete(key);
    this.#older.delete(key);
  }
}
