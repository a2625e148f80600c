import { type ComponentChildren, render } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';

/**
 * Puts its children at the end of the page, where nothing that they stand in covers them, moves them or makes
 * them inert.
 */
export function AtPageEnd({ children }: { readonly children: ComponentChildren }) {
  const host = useMemo(() => document.createElement('div'), []);
  useEffect(() => {
    document.body.append(host);
    return () => {
      render(null, host);
      host.remove();
    };
  }, [host]);
  useEffect(() => render(children, host), [children, host]);
  return null;
}
