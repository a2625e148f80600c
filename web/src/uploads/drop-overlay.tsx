import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { bringsFiles, droppedFiles, pastedFiles } from './sources.ts';
import { UploadIcon } from './upload-icon.tsx';

/** Takes what is dropped anywhere on the page, or pasted, and covers the page while something is held over it. */
export function DropOverlay({ onFiles }: { readonly onFiles: (files: File[]) => void }) {
  const isOver = useSignal(false);
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!bringsFiles(event.dataTransfer)) return;
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
      if (!bringsFiles(event.dataTransfer)) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer).then(onFiles);
    };
    const paste = (event: ClipboardEvent) => {
      const files = pastedFiles(event.clipboardData, new Date());
      if (files.length === 0) return;
      event.preventDefault();
      onFiles(files);
    };
    addEventListener('dragenter', over);
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragenter', over);
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
      removeEventListener('paste', paste);
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
