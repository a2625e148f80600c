import { MEDIA_TYPES } from './media-type.ts';
import { isObjectKey, type ObjectKey } from './object-key.ts';
import type { Signer } from './signing.ts';

/**
 * What follows the host in URLs that this service signs and serves itself:
 * `/objects/{key}?...&signature=...`. The signature covers the method and everything before it as it is
 * written, and stands last: a parameter that is changed, added, doubled, reordered or spelled in another
 * way makes another text, which was never signed.
 */
export interface SignedTarget {
  readonly key: ObjectKey;
  readonly parameters: URLSearchParams;
}

/** Below it lie the presigned URLs. */
export const OBJECTS_PATH = '/objects/';

const SIGNATURE = '&signature=';

export function signTarget(
  signer: Signer,
  method: 'GET' | 'PUT',
  key: ObjectKey,
  parameters: Readonly<Record<string, string>>,
): string {
  // Of what a key may have, a percent sign alone needs escaping.
  const path = key.includes('%') ? key.replaceAll('%', '%25') : key;
  // A page of a listing has hundreds of URLs: URLSearchParams would take longer than the signature.
  let unsigned = `${OBJECTS_PATH}${path}`;
  let separator = '?';
  for (const name in parameters) {
    unsigned += `${separator}${name}=${formEncoded(parameters[name] ?? '')}`;
    separator = '&';
  }
  return `${unsigned}${SIGNATURE}${signer.sign(`${method} ${unsigned}`)}`;
}

/** What stands for itself in a form's values. */
const PLAIN = /^[\w.*-]*$/;

/** What most URLs have among their values, written once. */
const TYPES: ReadonlyMap<string, string> = new Map(
  MEDIA_TYPES.map((type) => [type, encodeURIComponent(type)]),
);

/** As URLSearchParams writes it, and so every browser: it must find nothing to spell otherwise. */
function formEncoded(value: string): string {
  const type = TYPES.get(value);
  if (type !== undefined) return type;
  if (PLAIN.test(value)) return value;
  const encoded = encodeURIComponent(value).replaceAll('%20', '+');
  return encoded.replaceAll(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What a path and query name, or undefined where they were not signed so for this method. */
export function verifyTarget(
  signer: Signer,
  method: 'GET' | 'PUT',
  target: string,
): SignedTarget | undefined {
  const at = target.lastIndexOf(SIGNATURE);
  if (at < 0 || !target.startsWith(OBJECTS_PATH)) return undefined;
  const unsigned = target.slice(0, at);
  if (!signer.verify(`${method} ${unsigned}`, target.slice(at + SIGNATURE.length))) return undefined;
  const [path = '', query = ''] = unsigned.slice(OBJECTS_PATH.length).split('?');
  const key = path.split('/').map(decodeURIComponent).join('/');
  return isObjectKey(key) ? { key, parameters: new URLSearchParams(query) } : undefined;
}
