import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { Image } from '@tintype/client';
import { useCallback, useRef } from 'preact/hooks';
import { AtPageEnd } from '../session/at-page-end.tsx';
import type { Session } from '../session/session.ts';
import { DropOverlay } from './drop-overlay.tsx';
import { TrayActions } from './tray-actions.tsx';
import { headlineOf, percentOf, type Tally, tallyOf } from './tray-words.ts';
import { UploadButton } from './upload-button.tsx';
import { UploadIcon } from './upload-icon.tsx';
import type { Upload, UploadQueue } from './upload-queue.ts';
import { UploadRow } from './upload-row.tsx';
import { useSpacedOut } from './use-spaced-out.ts';
import { useUploadQueue } from './use-upload-queue.ts';
import './uploads.css';

interface UploadTrayProps {
  readonly session: Session;
  /** Told of each image whose bytes the service has; it may be scanned or processed yet. */
  readonly onUploaded: (image: Image) => void;
}

/** How often what changes all the time is read out, at most. */
const READ_OUT_EVERY_MS = 5000;

/** The button that asks for files, which are taken from anywhere on the page too, and how their upload goes. */
export function UploadTray({ session, onUploaded }: UploadTrayProps) {
  const queue = useUploadQueue(session, onUploaded);
  const add = useCallback((files: Iterable<File>) => queue.add(files), [queue]);
  const tally = useComputed(() =>
    tallyOf(
      queue.uploads.value.map(({ file, sent, state }) => ({
        size: file.size,
        sent: sent.value,
        state: state.value,
      })),
    ),
  );
  const headline = useComputed(() =>
    tally.value.count === 0 ? '' : headlineOf(tally.value, queue.isOnline.value),
  );
  const readOut = useSpacedOut(headline, READ_OUT_EVERY_MS);
  return (
    <>
      <UploadButton accepted={session.settings.accepted_types} onFiles={add} />
      <AtPageEnd>
        <DropOverlay onFiles={add} />
        <p class="visually-hidden" role="status">
          {readOut}
        </p>
        {tally.value.count === 0 ? null : (
          <Tray queue={queue} tally={tally.value} headline={headline.value} />
        )}
      </AtPageEnd>
    </>
  );
}

interface TrayProps {
  readonly queue: UploadQueue;
  readonly tally: Tally;
  readonly headline: string;
}

function Tray({ queue, tally, headline }: TrayProps) {
  const tray = useRef<HTMLElement>(null);
  const isOpen = useSignal(true);
  // What is done needs no look any more; what has failed does.
  const isOfInterest = useComputed(() =>
    queue.uploads.value.some(({ state }) => state.value.kind !== 'done'),
  );
  // What is done makes way for what is not.
  const rows = useComputed(() => {
    const isDone = ({ state }: Upload) => state.value.kind === 'done';
    const uploads = queue.uploads.value;
    return [...uploads.filter((upload) => !isDone(upload)), ...uploads.filter(isDone)];
  });
  const isRunning = tally.unfinished > 0;
  useSignalEffect(() => {
    isOpen.value = isOfInterest.value;
  });
  const focus = () => tray.current?.focus();
  return (
    <section class="upload-tray" aria-label="Uploads" ref={tray} tabIndex={-1}>
      <header class="upload-head">
        <h2 class="upload-headline">{headline}</h2>
        <button
          type="button"
          class="icon-button"
          aria-expanded={isOpen.value}
          aria-controls="upload-list"
          aria-label="List of uploads"
          title={isOpen.value ? 'Hide the list' : 'Show the list'}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          <UploadIcon name={isOpen.value ? 'collapse' : 'expand'} />
        </button>
        {isRunning ? null : (
          <button
            type="button"
            class="icon-button"
            aria-label="Close uploads"
            title="Close"
            onClick={() => queue.clearEnded()}
          >
            <UploadIcon name="cancel" />
          </button>
        )}
      </header>
      {isRunning ? (
        <progress
          class="upload-progress is-total"
          max={1}
          value={tally.share}
          aria-label="All uploads"
          aria-valuetext={`${percentOf(tally.share, 1)}. ${headline}`}
        />
      ) : null}
      <div id="upload-list" class="upload-body" hidden={!isOpen.value}>
        <TrayActions queue={queue} onRemoved={focus} />
        <ul class="upload-rows">
          {rows.value.map((upload) => (
            <UploadRow key={upload.id} upload={upload} queue={queue} onRemoved={focus} />
          ))}
        </ul>
      </div>
    </section>
  );
}
