import { useSignal } from '@preact/signals';
import { useCallback, useEffect } from 'preact/hooks';
import { problemText } from '../notices/problem-text.ts';
import { openSession, type Session, signInRequest } from '../session/session.ts';
import { SignIn } from '../session/session-menu.tsx';
import { GalleryPage } from './gallery-page.tsx';

/** The gallery, as soon as it is known for whom. */
export function App() {
  const session = useSignal<Session | null>(null);
  const failure = useSignal<unknown>(undefined);
  const open = useCallback(() => {
    failure.value = undefined;
    openSession().then(
      (opened) => {
        session.value = opened;
      },
      (error: unknown) => {
        failure.value = error;
      },
    );
  }, [session, failure]);
  useEffect(open, [open]);
  if (session.value) return <GalleryPage session={session.value} />;
  if (signInRequest.value) return <SignIn request={signInRequest.value} />;
  if (failure.value === undefined) return null;
  return (
    <main class="message" role="alert">
      <h1>The gallery cannot be opened</h1>
      <p>{problemText(failure.value).text}</p>
      <button type="button" class="button" onClick={open}>
        Try again
      </button>
    </main>
  );
}
