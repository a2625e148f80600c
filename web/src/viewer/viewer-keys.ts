import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Gallery } from '../app/gallery.ts';
import type { Gestures } from './gestures.ts';
import type { OpenedImage } from './opened-image.ts';

interface ViewerKeysProps {
  readonly gallery: Gallery;
  readonly opened: OpenedImage;
  readonly gestures: Gestures;
  readonly isEditing: Signal<boolean>;
  readonly go: (step: 1 | -1 | 'first' | 'last') => void;
}

/** What the keyboard does in the viewer, wherever its focus is there, but for fields that take text. */
export function useViewerKeys(props: ViewerKeysProps): void {
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const isTyping =
        event.target instanceof Element && event.target.closest('input, textarea, select, dialog');
      if (isTyping) return;
      const act = actionOf(event.key, latest.current);
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

function actionOf(key: string, { gallery, opened, gestures, isEditing, go }: ViewerKeysProps) {
  const actions: Readonly<Record<string, () => void>> = {
    ArrowRight: () => go(1),
    ArrowLeft: () => go(-1),
    Home: () => go('first'),
    End: () => go('last'),
    Escape: () => gallery.close(),
    '+': () => gestures.step(1),
    '=': () => gestures.step(1),
    '-': () => gestures.step(-1),
    '0': () => gestures.reset(),
    z: () => gestures.toggle(),
    i: () => {
      gallery.showsDetails.value = !gallery.showsDetails.peek();
    },
    e: () => {
      gallery.showsDetails.value = true;
      isEditing.value = true;
    },
    Delete: () => {
      const image = opened.summary.peek();
      if (image) gallery.removeFromViewer(image);
    },
  };
  return actions[key];
}
