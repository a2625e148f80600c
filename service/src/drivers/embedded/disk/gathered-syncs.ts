/** One who is about to make an entry in a folder. */
export interface Coming {
  /** The entry is made. @returns a promise that resolves when it is durable. */
  arrived(): Promise<void>;
  /** There will be none, if it has not arrived: nobody is to wait for it. */
  gone(): void;
}

interface Gathering {
  missing: number;
  /** Whether anybody waits for the sync. */
  hasAny: boolean;
  readonly synced: PromiseWithResolvers<void>;
}

/**
 * Has entries that are made at the same time share one sync of their folder. The first of them would otherwise begin one as
 * soon as it is there, and all others wait for that one and then for theirs. Nobody waits for those who come once
 * the first is there: they are the next to gather.
 */
export class GatheredSyncs {
  readonly #sync: (folder: string) => Promise<void>;
  readonly #gathering = new Map<string, Gathering>();

  constructor(sync: (folder: string) => Promise<void>) {
    this.#sync = sync;
  }

  coming(folder: string): Coming {
    const gathering = this.#gathering.get(folder) ?? {
      missing: 0,
      hasAny: false,
      synced: Promise.withResolvers<void>(),
    };
    this.#gathering.set(folder, gathering);
    gathering.missing++;
    let isThere = false;
    return {
      arrived: () => {
        isThere = true;
        gathering.hasAny = true;
        this.#close(folder, gathering);
        this.#oneLess(folder, gathering);
        return gathering.synced.promise;
      },
      gone: () => {
        if (!isThere) this.#oneLess(folder, gathering);
      },
    };
  }

  #oneLess(folder: string, gathering: Gathering): void {
    gathering.missing--;
    if (gathering.missing > 0) return;
    this.#close(folder, gathering);
    if (!gathering.hasAny) return;
    const { resolve, reject } = gathering.synced;
    this.#sync(folder).then(resolve, reject);
  }

  #close(folder: string, gathering: Gathering): void {
    if (this.#gathering.get(folder) === gathering) this.#gathering.delete(folder);
  }
}
