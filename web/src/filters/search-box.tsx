import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { Icon } from '../app/icon.tsx';

/** How long typing has to pause before it is searched, in milliseconds. */
const PAUSE = 200;

/** Searches while it is typed. */
export function SearchBox() {
  const gallery = useGallery();
  const input = useRef<HTMLInputElement>(null);
  const typed = useSignal(gallery.state.peek().q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const { q } = gallery.state.value;
  /** What was searched for from here. */
  const searched = useRef(q);
  // The history leads back to former searches; what is typed meanwhile is ahead of what it searches for.
  useEffect(() => {
    if (q === searched.current) return;
    searched.current = q;
    clearTimeout(timer.current);
    typed.value = q;
  }, [q, typed]);
  useEffect(() => {
    const slash = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest('input, textarea, select');
      if (event.key !== '/' || isTyping || gallery.state.peek().image !== null) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', slash);
    return () => {
      removeEventListener('keydown', slash);
      clearTimeout(timer.current);
    };
  }, [gallery]);
  const search = (text: string) => {
    clearTimeout(timer.current);
    searched.current = text;
    // A first letter begins a new entry of the history, the others belong to it.
    if (text !== gallery.state.peek().q) gallery.search(text);
  };
  return (
    <search class="search">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label="Search images"
        placeholder="Search"
        autocomplete="off"
        enterkeyhint="search"
        value={typed.value}
        onInput={(event) => {
          const text = event.currentTarget.value;
          typed.value = text;
          clearTimeout(timer.current);
          timer.current = setTimeout(() => search(text), PAUSE);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') search(event.currentTarget.value);
          if (event.key === 'Escape') {
            typed.value = '';
            search('');
          }
        }}
      />
      {typed.value ? (
        <button
          type="button"
          class="icon-button"
          aria-label="Clear search"
          onClick={() => {
            typed.value = '';
            search('');
            input.current?.focus();
          }}
        >
          <Icon name="close" />
        </button>
      ) : null}
    </search>
  );
}
