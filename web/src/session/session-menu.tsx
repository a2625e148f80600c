import type { Session, SignInRequest } from './session.ts';

/** Who is signed in, what of their quota is used, and the way out. */
export function SessionMenu({ session }: { session: Session }) {
  return <span>{session.userId}</span>;
}

/** Shown while nobody is signed in. */
export function SignIn({ request }: { request: SignInRequest }) {
  return <p>Sign in at {request.auth.issuer}</p>;
}
