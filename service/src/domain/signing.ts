import {
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

/**
 * HMAC-SHA256 with keys that rotate: the first secret signs, all of them verify. Each purpose has keys of
 * its own, derived by HKDF (RFC 5869), so that a signature made for one can never pass for another.
 */
export interface Signer {
  /** `{key id}.{signature}`, in characters that need no escaping in a URL. */
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}

interface SigningKey {
  readonly id: string;
  /** As an object of node:crypto: with a buffer each signature takes several times as long. */
  readonly key: KeyObject;
}

/** @param secrets newest first, at least one. */
export function createSigner(secrets: readonly string[], purpose: string): Signer {
  const keys = secrets.map((secret) => deriveKey(secret, purpose));
  const [current] = keys;
  if (current === undefined) throw new Error('A signer needs at least one secret.');
  return {
    sign: (text) => `${current.id}.${mac(current, text)}`,
    verify(text, signature) {
      const [id, value, ...more] = signature.split('.');
      const key = keys.find((candidate) => candidate.id === id);
      if (key === undefined || value === undefined || more.length > 0) return false;
      // As text: base64url has several spellings of one value, of which we sign one.
      const expected = Buffer.from(mac(key, text));
      const given = Buffer.from(value);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

function deriveKey(secret: string, purpose: string): SigningKey {
  const key = Buffer.from(hkdfSync('sha256', secret, 'tintype', purpose, 32));
  return { id: createHash('sha256').update(key).digest('base64url').slice(0, 6), key: createSecretKey(key) };
}

function mac({ key }: SigningKey, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
