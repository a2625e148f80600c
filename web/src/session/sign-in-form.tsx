import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { SignInRequest } from './sign-in.ts';

interface SignInFormProps {
  readonly request: SignInRequest;
  /** Of the button. */
  readonly label: string;
}

/** The button that goes to the provider; without one, a field for a token. And why the last try failed. */
export function SignInForm({ request, label }: SignInFormProps) {
  const isBusy = useSignal(false);
  const during = async (work: Promise<void>) => {
    isBusy.value = true;
    await work;
    isBusy.value = false;
  };
  return (
    <>
      {request.auth.client_id === null ? (
        <TokenForm label={label} isBusy={isBusy.value} onToken={(token) => during(request.useToken(token))} />
      ) : (
        <button
          type="button"
          class="button is-primary"
          // Not disabled while it goes on: a window that was closed has to be opened again.
          aria-busy={isBusy.value}
          onClick={() => during(request.signIn())}
        >
          {label}
        </button>
      )}
      <p class="session-problem" role="alert">
        {request.problem}
      </p>
    </>
  );
}

interface TokenFormProps {
  readonly label: string;
  readonly isBusy: boolean;
  readonly onToken: (token: string) => void;
}

// There is one form at a time; ids made by Preact are not unique beyond one root of the page.
const FIELD = 'access-token';
const HINT = 'access-token-hint';

function TokenForm({ label, isBusy, onToken }: TokenFormProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <form
      class="session-form field"
      onSubmit={(event) => {
        event.preventDefault();
        onToken(input.current?.value ?? '');
      }}
    >
      <label for={FIELD}>Access token</label>
      <input
        id={FIELD}
        ref={input}
        // Shoulders are looked over; and a password is nothing that forms remember as text.
        type="password"
        autocomplete="off"
        spellcheck={false}
        aria-describedby={HINT}
      />
      <p id={HINT} class="session-hint">
        Paste a token (JWT) that your sign-in service has issued for this image service: it is kept in this
        tab until the tab is closed.
      </p>
      <button type="submit" class="button is-primary" disabled={isBusy}>
        {label}
      </button>
    </form>
  );
}
