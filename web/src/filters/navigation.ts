import { type ReadonlySignal, signal } from '@preact/signals';
import { formatState, type GalleryState, parseState } from './url-state.ts';

/** Keeps what is shown and the browser's address the same, so that its history leads back. */
export class Navigation {
  readonly #state = signal(parseState(location.search));
  /** How many of the gallery's own entries of the history lie before this one. */
  #depth = 0;
  /** Until the browser has gone back: asked again meanwhile it would go back twice, and out of the gallery. */
  #isGoingBack = false;

  /** Begins to follow the history; call what it returns to end that. */
  start(): () => void {
    this.#depth = depthOf(history.state);
    const follow = (event: PopStateEvent) => {
      this.#isGoingBack = false;
      this.#depth = depthOf(event.state);
      this.#state.value = parseState(location.search);
    };
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }

  get state(): ReadonlySignal<GalleryState> {
    return this.#state;
  }

  /** Shows something else. It can be gone back from, unless it takes the place of what was shown. */
  go(change: Partial<GalleryState>, { replace = false } = {}): void {
    const next = { ...this.#state.peek(), ...change };
    const address = formatState(next);
    if (replace) history.replaceState({ depth: this.#depth }, '', address);
    else {
      this.#depth += 1;
      history.pushState({ depth: this.#depth }, '', address);
    }
    this.#state.value = next;
  }

  /** Closes the viewer: by going back where it was opened from here, so that the history does not grow. */
  closeImage(): void {
    if (this.#isGoingBack) return;
    this.#isGoingBack = this.#depth > 0;
    if (this.#isGoingBack) history.back();
    else this.go({ image: null }, { replace: true });
  }
}

function depthOf(state: unknown): number {
  return typeof state === 'object' && state !== null && 'depth' in state ? Number(state.depth) : 0;
}
