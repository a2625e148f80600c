import { useComputed, useSignalEffect } from '@preact/signals';
import type { Image } from '@tintype/client';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Session } from '../session/session.ts';
import { refusalOf } from './acceptance.ts';
import { createTransfer } from './transfer.ts';
import { createUploadQueue, hasEnded, type UploadQueue } from './upload-queue.ts';

/** The uploads of a session, which follow the page: its connection, its sign-in, and its being left. */
export function useUploadQueue(session: Session, onUploaded: (image: Image) => void): UploadQueue {
  const told = useRef(onUploaded);
  told.current = onUploaded;
  const queue = useMemo(() => queueOf(session, (image) => told.current(image)), [session]);
  useEffect(() => {
    const follow = () => queue.setOnline(navigator.onLine);
    addEventListener('online', follow);
    addEventListener('offline', follow);
    return () => {
      removeEventListener('online', follow);
      removeEventListener('offline', follow);
      // Nobody would see them any more.
      queue.cancelAll();
    };
  }, [queue]);
  useSignalEffect(() => {
    if (!session.hasEnded.value) queue.signedIn();
  });
  const isBusy = useComputed(() => queue.uploads.value.some(({ state }) => !hasEnded(state.value)));
  useSignalEffect(() => {
    if (!isBusy.value) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  });
  return queue;
}

function queueOf(session: Session, onUploaded: (image: Image) => void): UploadQueue {
  const { client, settings, userId } = session;
  return createUploadQueue({
    transferOf: (file) => createTransfer(file, { client, user_id: userId.peek(), accepted: settings }),
    refusalOf: (file) => refusalOf(file, settings),
    onUploaded,
    onUnauthenticated: () => session.refused(),
    isOnline: navigator.onLine,
  });
}
