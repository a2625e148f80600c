import { useComputed } from '@preact/signals';
import { hasEnded, mayPause, mayResume, type UploadQueue } from './upload-queue.ts';

interface TrayActionsProps {
  readonly queue: UploadQueue;
  /** Told when what had the focus is gone. */
  readonly onRemoved: () => void;
}

/** What can be done with all uploads at once. */
export function TrayActions({ queue, onRemoved }: TrayActionsProps) {
  const states = useComputed(() => queue.uploads.value.map(({ state }) => state.value)).value;
  const canPause = states.some(mayPause);
  const canResume = states.some(({ kind }) => kind === 'paused');
  const canRetry = states.some((state) => state.kind === 'failed' && mayResume(state));
  const canCancel = states.some((state) => !hasEnded(state));
  if (states.length < 2 || !(canPause || canResume || canRetry || canCancel)) return null;
  const isPauseShown = canPause || !(canResume || canRetry);
  return (
    <div class="upload-all">
      {isPauseShown ? (
        <button type="button" class="button" disabled={!canPause} onClick={() => queue.pauseAll()}>
          Pause all
        </button>
      ) : (
        <button type="button" class="button" onClick={() => queue.resumeAll()}>
          {canResume ? 'Resume all' : 'Retry all'}
        </button>
      )}
      {isPauseShown && canRetry ? (
        <button type="button" class="button" onClick={() => queue.resumeAll()}>
          Retry all
        </button>
      ) : null}
      {canCancel ? (
        <button
          type="button"
          class="button"
          onClick={() => {
            queue.cancelAll();
            onRemoved();
          }}
        >
          Cancel all
        </button>
      ) : null}
    </div>
  );
}
