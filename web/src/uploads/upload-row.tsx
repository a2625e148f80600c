import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { sizeInWords } from '../session/usage.ts';
import { statusOf } from './tray-words.ts';
import { UploadIcon, type UploadIconName } from './upload-icon.tsx';
import { hasEnded, mayPause, mayResume, type Upload, type UploadQueue } from './upload-queue.ts';

interface UploadRowProps {
  readonly upload: Upload;
  readonly queue: UploadQueue;
  /** Told when the row goes, and with it what had the focus. */
  readonly onRemoved: () => void;
}

/** One file: what it is, how far it is, and what can be done about it. */
export function UploadRow({ upload, queue, onRemoved }: UploadRowProps) {
  const { file } = upload;
  const state = upload.state.value;
  const size = file.size;
  const status = statusOf({ size, sent: upload.sent.value, state }, queue.isOnline.value);
  const remove = () => {
    queue.cancel(upload);
    onRemoved();
  };
  return (
    <li class={`upload-row is-${state.kind}`}>
      <Thumbnail file={file} />
      <div class="upload-about">
        <p class="upload-name" title={file.name}>
          {file.name}
        </p>
        <p class="upload-status">
          <span class="upload-size">{sizeInWords(size)}</span> <span>{status}</span>
        </p>
        {hasEnded(state) ? null : (
          <progress
            class="upload-progress"
            max={Math.max(1, size)}
            value={upload.sent.value}
            aria-label={`Upload of ${file.name}`}
            aria-valuetext={status}
          />
        )}
      </div>
      <div class="upload-actions">
        <PauseButton upload={upload} queue={queue} />
        {state.kind === 'done' ? (
          <span class="upload-done">
            <UploadIcon name="done" />
          </span>
        ) : (
          <RowButton
            icon="cancel"
            label={state.kind === 'failed' ? `Remove ${file.name}` : `Cancel ${file.name}`}
            onClick={remove}
          />
        )}
      </div>
    </li>
  );
}

/** One button that changes what it does, so that the focus stays with it. */
function PauseButton({ upload, queue }: Pick<UploadRowProps, 'upload' | 'queue'>) {
  const { name } = upload.file;
  const state = upload.state.value;
  if (state.kind !== 'held' && mayResume(state)) {
    const isRetry = state.kind === 'failed';
    return (
      <RowButton
        icon={isRetry ? 'retry' : 'resume'}
        label={`${isRetry ? 'Retry' : 'Resume'} ${name}`}
        onClick={() => queue.resume(upload)}
      />
    );
  }
  if (!mayPause(state)) return null;
  return <RowButton icon="pause" label={`Pause ${name}`} onClick={() => queue.pause(upload)} />;
}

interface RowButtonProps {
  readonly icon: UploadIconName;
  readonly label: string;
  readonly onClick: () => void;
}

function RowButton({ icon, label, onClick }: RowButtonProps) {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick}>
      <UploadIcon name={icon} />
    </button>
  );
}

/** The file itself, small; nothing where the browser cannot show it. */
function Thumbnail({ file }: { readonly file: File }) {
  const url = useSignal<string | undefined>(undefined);
  useEffect(() => {
    const made = URL.createObjectURL(file);
    url.value = made;
    return () => URL.revokeObjectURL(made);
  }, [file, url]);
  return (
    <span class="upload-thumbnail">
      {url.value === undefined ? null : (
        <img
          src={url.value}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => {
            url.value = undefined;
          }}
        />
      )}
    </span>
  );
}
