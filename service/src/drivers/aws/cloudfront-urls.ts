import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { OperatorError } from '../../domain/operator-error.ts';
import type { ObjectStore } from '../../ports/object-store.ts';

export interface CloudFrontKey {
  /** Where the distribution is reached: https, without query and without a slash at its end. */
  readonly url: string;
  /** CloudFront's id of the public key. */
  readonly keyPairId: string;
  /** The private key, as PEM. */
  readonly privateKey: string;
}

/**
 * Signed URLs of CloudFront, by canned policy: the URL itself and its expiry. One expiry gives one URL. Type
 * and disposition go to S3 as parameters, which are part of what is signed.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
 * @throws OperatorError for a key that CloudFront does not take, or that would give a new URL each time.
 */
export function createCloudFrontUrls({
  url,
  keyPairId,
  privateKey,
}: CloudFrontKey): ObjectStore['presignRead'] {
  const signingKey = readPrivateKey(privateKey);
  mustSignAlike(signingKey);
  return async (key, { expires_at, content_type, content_disposition }) => {
    // A key has percent signs of its own; what asks S3 for it takes one layer of encoding off.
    const path = key.split('/').map(encode).join('/');
    const type = `response-content-type=${encode(content_type)}`;
    const disposition = `response-content-disposition=${encode(content_disposition)}`;
    const resource = `${url}/${path}?${type}&${disposition}`;
    const expires = Math.ceil(expires_at / 1000);
    const signature = await signOffThread('sha1', Buffer.from(cannedPolicy(resource, expires)), signingKey);
    return `${resource}&Expires=${expires}&Key-Pair-Id=${keyPairId}&Signature=${urlSafe(signature)}`;
  };
}

/**
 * On a thread of its own: a signature takes a millisecond, and a page of a listing has up to 200. (The SDK's
 * signer makes them on the main thread, one after another, and reads the key each time.)
 */
const signOffThread = promisify(sign);

/** In just these characters: CloudFront makes it anew from the URL, and compares. */
function cannedPolicy(resource: string, expires: number): string {
  return `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
}

/** Base64 as CloudFront wants it in a URL. */
function urlSafe(signature: Buffer): string {
  return signature.toString('base64').replaceAll('+', '-').replaceAll('=', '_').replaceAll('/', '~');
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new OperatorError(
      'The secret at CDN_PRIVATE_KEY_ARN is no private key: it must be PEM, as text, without a passphrase, ' +
        'such as `openssl genrsa 2048` prints.',
      { cause: error },
    );
  }
}

function mustSignAlike({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void {
  if (asymmetricKeyType !== 'rsa') {
    throw new OperatorError(
      `The private key at CDN_PRIVATE_KEY_ARN is of the kind ${asymmetricKeyType}, and must be RSA: others sign ` +
        'differently each time, so that an image would get a new URL at each request and no cache could keep it.',
    );
  }
  if (asymmetricKeyDetails?.modulusLength !== BITS) {
    throw new OperatorError(
      `The private key at CDN_PRIVATE_KEY_ARN has ${asymmetricKeyDetails?.modulusLength} bits; ` +
        `CloudFront takes RSA keys of ${BITS} bits alone.`,
    );
  }
}

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_PublicKey.html */
const BITS = 2048;

/** All but the characters that have one spelling in a URL (RFC 3986, section 2.3): browsers must not change it. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
