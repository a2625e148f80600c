/** Lets those who name the same thing act one after the other. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(name) ?? Promise.resolve();
    // Whoever was before has been told of a failure of theirs.
    const turn = before.catch(() => {}).then(act);
    this.#last.set(name, turn);
    const over = () => {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    };
    turn.then(over, over);
    return turn;
  }
}
