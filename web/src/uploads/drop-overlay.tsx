import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { bringsFiles, droppedFiles, pastedFiles } from './sources.ts';
import { UploadIcon } from './upload-icon.tsx';

/** Takes what is dropped anywhere on the page, or pasted, and covers the page while something is held over it. */
export function DropOverlay({ onFiles }: { readonly onFiles: (files: File[]) => void }) {
  const isOver = useSignal(false);
  useEffect(() => {
    // A picture of the page that is dragged is a file to the browser, too.
    let isOurs = false;
    const start = () => {
      isOurs = true;
    };
    const end = () => {
      isOurs = false;
    };
    const over = (event: DragEvent) => {
      if (isOurs || !bringsFiles(event.dataTransfer)) return;
      // Without this the browser would open the file in place of the page.
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      isOver.value = true;
    };
    const leave = (event: DragEvent) => {
      // Within the page it is left for another element.
      if (event.relatedTarget === null) isOver.value = false;
    };
    const drop = (event: DragEvent) => {
      isOver.value = false;
      if (isOurs || !bringsFiles(event.dataTransfer)) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer).then(onFiles);
    };
    const paste = (event: ClipboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest('input, textarea') !== null;
      const files = pastedFiles(event.clipboardData, new Date(), isTyping);
      if (files.length === 0) return;
      event.preventDefault();
      onFiles(files);
    };
    const listeners = {
      dragstart: start,
      dragend: end,
      dragenter: over,
      dragover: over,
      dragleave: leave,
      drop,
      paste,
    };
    const all = Object.entries(listeners) as [string, EventListener][];
    for (const [name, listener] of all) addEventListener(name, listener);
    return () => {
      for (const [name, listener] of all) removeEventListener(name, listener);
    };
  }, [isOver, onFiles]);
  if (!isOver.value) return null;
  return (
    <div class="drop-overlay">
      <div class="drop-target">
        <UploadIcon name="upload" />
        <p>Drop images to upload them</p>
      </div>
    </div>
  );
}
