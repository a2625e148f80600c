import { hash, hkdfSync, timingSafeEqual } from 'node:crypto';

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
  /** A text's HMAC-SHA256, in base64url. */
  readonly mac: (text: string) => string;
}

/** @param secrets newest first, at least one. */
export function createSigner(secrets: readonly string[], purpose: string): Signer {
  const keys = secrets.map((secret) => deriveKey(secret, purpose));
  const [current] = keys;
  if (current === undefined) throw new Error('A signer needs at least one secret.');
  return {
    sign: (text) => `${current.id}.${current.mac(text)}`,
    verify(text, signature) {
      const [id, value, ...more] = signature.split('.');
      const key = keys.find((candidate) => candidate.id === id);
      if (key === undefined || value === undefined || more.length > 0) return false;
      // As text: base64url has several spellings of one value, of which we sign one.
      const expected = Buffer.from(key.mac(text));
      const given = Buffer.from(value);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

function deriveKey(secret: string, purpose: string): SigningKey {
  const key = Buffer.from(hkdfSync('sha256', secret, 'tintype', purpose, 32));
  return { id: hash('sha256', key, 'base64url').slice(0, 6), mac: macWith(key) };
}

/** SHA-256 works on blocks, and makes digests, of so many bytes. */
const BLOCK = 64;
const DIGEST = 32;

/** Room for the usual text; longer ones get their own. */
const ROOM = 2048;

/**
 * HMAC (RFC 2104) by two hashes of one call each: `createHmac` makes an object for each text, which costs more than the hashes
 * do, and a page of a listing has hundreds of signatures.
 * @param key of at most a block.
 */
function macWith(key: Uint8Array): (text: string) => string {
  const pad = (byte: number, length: number) => {
    const bytes = Buffer.alloc(length, byte);
    for (const [at, value] of key.entries()) bytes[at] = value ^ byte;
    return bytes;
  };
  const usual = pad(0x36, ROOM);
  const outer = pad(0x5c, BLOCK + DIGEST);
  return (text) => {
    // No character takes more than three bytes of UTF-8 for each of its UTF-16 code units.
    const most = BLOCK + text.length * 3;
    const inner = most > ROOM ? pad(0x36, most) : usual;
    // What lies behind the text is of an earlier one.
    const end = BLOCK + inner.write(text, BLOCK);
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK, 'binary');
    return hash('sha256', outer, 'base64url');
  };
}
