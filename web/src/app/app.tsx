import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { openSession, type Session, signInRequest } from '../session/session.ts';
import { SessionMenu, SignIn } from '../session/session-menu.tsx';
import { UploadTray } from '../uploads/upload-tray.tsx';

/** The gallery, as soon as it is known for whom. */
export function App() {
  const session = useSignal<Session | null>(null);
  useEffect(() => {
    openSession().then((opened) => {
      session.value = opened;
    });
  }, [session]);
  if (session.value) {
    return (
      <main>
        <SessionMenu session={session.value} />
        <UploadTray session={session.value} onUploaded={() => {}} />
      </main>
    );
  }
  return signInRequest.value ? <SignIn request={signInRequest.value} /> : null;
}
