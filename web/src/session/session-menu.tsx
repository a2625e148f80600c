import { useSignal, useSignalEffect } from '@preact/signals';
import { useId } from 'preact/hooks';
import { AtPageEnd } from './at-page-end.tsx';
import type { Session } from './session.ts';
import { SessionEnd } from './session-end.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { UsageMeters } from './usage-meters.tsx';
import { UserIdForm } from './user-id-form.tsx';
import './session.css';

export { SignIn } from './sign-in-page.tsx';

/** Who is here, what of their quota is used, and the way out. */
export function SessionMenu({ session }: { readonly session: Session }) {
  const id = useId();
  const isOpen = useSignal(false);
  const isPutOff = useSignal(false);
  useSignalEffect(() => {
    if (!session.hasEnded.value) isPutOff.value = false;
  });
  const user = session.userId.value;
  return (
    <>
      <button
        type="button"
        class="icon-button session-button"
        popoverTarget={id}
        aria-expanded={isOpen.value}
        aria-label={`Account of ${user}`}
        title={user}
      >
        <span class="session-initial" aria-hidden="true">
          {initialOf(user)}
        </span>
      </button>
      <section
        id={id}
        class="panel session-panel"
        popover="auto"
        aria-label="Account"
        onToggle={({ newState }) => {
          isOpen.value = newState === 'open';
        }}
      >
        {isOpen.value ? <SessionPanel session={session} /> : null}
      </section>
      {session.signInAgain && session.hasEnded.value && !isPutOff.value ? (
        <AtPageEnd>
          <SessionEnd
            request={session.signInAgain}
            onLater={() => {
              isPutOff.value = true;
            }}
          />
        </AtPageEnd>
      ) : null}
    </>
  );
}

/** Made anew whenever it is opened, so that its figures are of now. */
function SessionPanel({ session }: { readonly session: Session }) {
  const user = session.userId.value;
  if (session.signInAgain && session.hasEnded.value) {
    return (
      <>
        <p class="session-user">
          The sign-in of <strong>{user}</strong> has ended.
        </p>
        <SignInForm request={session.signInAgain} label="Sign in again" />
      </>
    );
  }
  return (
    <>
      <p class="session-user">
        {session.caller === 'token' ? 'Signed in as ' : 'Images of '}
        <strong>{user}</strong>
      </p>
      <UsageMeters key={user} session={session} user={user} />
      {session.caller === 'token' ? (
        <button type="button" class="button" onClick={() => session.signOut()}>
          Sign out
        </button>
      ) : (
        <UserIdForm key={user} userId={session.userId} />
      )}
    </>
  );
}

/** The first letter or digit of a user's id, as people see it. */
function initialOf(user: string): string {
  const [first] = new Intl.Segmenter('en').segment(user.replace(/^[^\p{L}\p{N}]+/u, '') || user);
  return (first?.segment ?? '').toLocaleUpperCase('en');
}
