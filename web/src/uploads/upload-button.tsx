import { useRef } from 'preact/hooks';
import { kindsInWords } from './acceptance.ts';
import { UploadIcon } from './upload-icon.tsx';

interface UploadButtonProps {
  /** Media types. */
  readonly accepted: readonly string[];
  readonly onFiles: (files: Iterable<File>) => void;
}

/** Asks for files. */
export function UploadButton({ accepted, onFiles }: UploadButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="button is-primary upload-button"
        title={`Upload images (${kindsInWords(accepted)}), or drop or paste them anywhere`}
        onClick={() => input.current?.click()}
      >
        <UploadIcon name="upload" />
        <span>Upload</span>
      </button>
      <input
        ref={input}
        type="file"
        // The button stands for it.
        hidden
        multiple
        aria-label="Images to upload"
        accept={accepted.join(',')}
        onChange={({ currentTarget }) => {
          onFiles(currentTarget.files ?? []);
          // So that the same files can be chosen again.
          currentTarget.value = '';
        }}
      />
    </>
  );
}
