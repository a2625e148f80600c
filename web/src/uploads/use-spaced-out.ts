import { type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/**
 * What a text becomes, but no more often than so: for live regions, whose readers must come to an end.
 * The first change after a while is given at once, and the last of several always.
 */
export function useSpacedOut(text: ReadonlySignal<string>, milliseconds: number): ReadonlySignal<string> {
  const given = useSignal(text.peek());
  const timer = useRef<number | undefined>(undefined);
  useSignalEffect(() => {
    if (text.value === given.peek() || timer.current !== undefined) return;
    const give = () => {
      timer.current = undefined;
      if (given.peek() === text.peek()) return;
      given.value = text.peek();
      timer.current = setTimeout(give, milliseconds);
    };
    give();
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return given;
}
