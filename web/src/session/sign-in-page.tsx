import type { signInRequest } from './session.ts';
import { SIGNED_IN_ELSEWHERE } from './sign-in.ts';
import { SignInForm } from './sign-in-form.tsx';

interface SignInProps {
  readonly request: NonNullable<typeof signInRequest.value>;
}

/** Shown while nobody is signed in. */
export function SignIn({ request }: SignInProps) {
  if (request === SIGNED_IN_ELSEWHERE) {
    return (
      <main class="message">
        <h1>Back to the gallery</h1>
        <p>The page that you came from goes on by itself. This window can be closed.</p>
      </main>
    );
  }
  const { client_id, issuer } = request.auth;
  return (
    <main class="message">
      <h1>Tintype</h1>
      <p>
        Sign in to see your images.
        {client_id === null ? null : (
          <>
            {' '}
            You will be sent to <strong>{new URL(issuer).host}</strong>, and back.
          </>
        )}
      </p>
      <SignInForm request={request} label="Sign in" />
    </main>
  );
}
