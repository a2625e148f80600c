import { type Signal, useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { refusalOfUserId } from './remembered-user.ts';

/** Changes whose images these are, where nobody is asked to prove it. */
export function UserIdForm({ userId }: { readonly userId: Signal<string> }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const refusal = useSignal<string | undefined>(undefined);
  return (
    <form
      class="session-form field"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = input.current?.value.trim() ?? '';
        refusal.value = refusalOfUserId(wanted);
        if (refusal.value === undefined) userId.value = wanted;
      }}
    >
      <label for={id}>Show the images of another user</label>
      <div class="session-field">
        <input
          id={id}
          ref={input}
          defaultValue={userId.peek()}
          autocomplete="username"
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={refusal.value !== undefined}
          aria-describedby={`${id}-hint`}
        />
        <button type="submit" class="button">
          Change
        </button>
      </div>
      <p id={`${id}-hint`} class="session-hint">
        {refusal.value ?? 'This service asks nobody to sign in. Your choice is kept in this browser.'}
      </p>
    </form>
  );
}
