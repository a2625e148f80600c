/** Notes under which idempotency keys an answer came that was kept from an earlier request. */
export class ReplayWatch {
  readonly #replayed = new Set<string>();

  /** The global fetch, watched. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await globalThis.fetch(input, init);
    if (response.headers.get('idempotency-replayed') === 'true') {
      const sent = new Headers(init?.headers ?? (input instanceof Request ? input.headers : {}));
      const key = sent.get('idempotency-key');
      if (key !== null) this.#replayed.add(key);
    }
    return response;
  };

  /** Whether there was such an answer under this key; it is forgotten with that. */
  take(key: string): boolean {
    return this.#replayed.delete(key);
  }
}
