import { useEffect, useRef } from 'preact/hooks';
import type { SignInRequest } from './sign-in.ts';
import { SignInForm } from './sign-in-form.tsx';

interface SessionEndProps {
  readonly request: SignInRequest;
  /** Told when somebody puts it off. */
  readonly onLater: () => void;
}

/** Asks to sign in again, over the page, which stays as it is. */
export function SessionEnd({ request, onLater }: SessionEndProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="confirm session-end" aria-labelledby="session-end-title" onClose={onLater}>
      <h2 id="session-end-title">Your sign-in has ended</h2>
      <p>Sign in again to go on. Nothing on this page is lost, and uploads go on by themselves.</p>
      <SignInForm request={request} label="Sign in again" />
      <button type="button" class="button is-plain" onClick={() => dialog.current?.close()}>
        Not now
      </button>
    </dialog>
  );
}
