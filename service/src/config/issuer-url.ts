import * as z from 'zod';

/** Where an issuer of tokens is asked for something. */
export const issuerUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && isSafe(new URL(text)),
    'must be an https URL (http on this machine alone), without a name or a password in it',
  )
  .transform((text) => new URL(text));

/** Whether nobody on the way can change what is got there. */
export function isSafe({ protocol, hostname, username, password }: URL): boolean {
  if (username !== '' || password !== '') return false;
  // A name may begin like an address: `127.example.com` is anywhere.
  const isHere = /^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isHere);
}
