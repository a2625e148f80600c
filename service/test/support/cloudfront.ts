import { createVerify, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { functionUrlEvent } from './gateway-events.ts';
import type { StreamedAnswer } from './streamed-answers.ts';

/** What CloudFront knows of a signer. */
export interface TrustedKey {
  readonly keyPairId: string;
  /** As PEM. */
  readonly publicKey: string;
}

/** A new pair of the kind that CloudFront takes, as PEM. */
export function rsaKeyPair(modulusLength = 2048): {
  readonly publicKey: string;
  readonly privateKey: string;
} {
  return generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** A key of the other kind that CloudFront takes, as PEM. */
export function ecdsaPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export interface SignedUrl {
  /** The URL without what CloudFront has added to it. */
  readonly resource: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/**
 * What a URL was signed for, or undefined where the trusted key did not sign it. Written apart from the
 * library that signs, after CloudFront's own words:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
 */
export function readSignedUrl(url: string, { keyPairId, publicKey }: TrustedKey): SignedUrl | undefined {
  const at = url.indexOf('?');
  if (at < 0) return undefined;
  const parameters = url.slice(at + 1).split('&');
  const own = parameters.filter((parameter) => !/^(Expires|Signature|Key-Pair-Id)=/.test(parameter));
  const onlyOne = (name: string) => {
    const values = parameters.filter((parameter) => parameter.startsWith(`${name}=`));
    return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
  };
  const expires = onlyOne('Expires') ?? '';
  const resource = own.length === 0 ? url.slice(0, at) : `${url.slice(0, at)}?${own.join('&')}`;
  if (onlyOne('Key-Pair-Id') !== keyPairId || !/^\d+$/.test(expires)) return undefined;
  const policy = `{"Statement":[{"Resource":"${resource}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
  const base64 = (onlyOne('Signature') ?? '').replaceAll('-', '+').replaceAll('_', '=').replaceAll('~', '/');
  const genuine = createVerify('RSA-SHA1').update(policy).verify(publicKey, base64, 'base64');
  return genuine ? { resource, expires: Number(expires) } : undefined;
}

/** A distribution over a bucket, which keeps nothing and lets in who has a URL that the trusted key has signed. */
export interface Distribution {
  /** Fetches a URL of it, although another machine has its name. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

interface DistributionOptions {
  readonly s3: S3Client;
  readonly bucket: string;
  /** The name under which it is known: URLs are signed with it. */
  readonly url: string;
  readonly trusted: TrustedKey;
  /** The function that it asks for renditions which S3 answers 403 or 404 for: hands it an event of its URL. */
  readonly renders?: (event: object) => Promise<StreamedAnswer>;
}

/**
 * Stands in for CloudFront as infra/src/edge-stack.ts has it: GET and HEAD, two parameters for S3 and, where that
 * has no such rendition, for the function.
 */
export async function startDistribution({
  s3,
  bucket,
  url,
  trusted,
  renders,
}: DistributionOptions): Promise<Distribution> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const asked = readSignedUrl(`${url}${request.url}`, trusted);
    const method = request.method ?? '';
    if (!asked || asked.expires * 1000 <= Date.now() || !['GET', 'HEAD'].includes(method)) {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    const { pathname, search, searchParams } = new URL(asked.resource);
    const object = await s3
      .send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: decodeURIComponent(pathname.slice(1)),
          ResponseContentType: searchParams.get('response-content-type') ?? undefined,
          ResponseContentDisposition: searchParams.get('response-content-disposition') ?? undefined,
          Range: request.headers.range,
        }),
      )
      .catch(statusOfMissing);
    if (typeof object === 'number') {
      if (!renders || !pathname.startsWith('/.renditions/')) {
        response.writeHead(object).end('<Error></Error>');
        return;
      }
      const { statusCode, headers, body } = await renders(functionUrlEvent(pathname + search, method));
      response.writeHead(statusCode, headers).end(Buffer.from(body, 'base64'));
      return;
    }
    response.writeHead(object.ContentRange === undefined ? 200 : 206, headersOf(object));
    if (method === 'HEAD') response.end();
    else await pipeline(object.Body as NodeJS.ReadableStream, response);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(502).end(String(error)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    async fetch(asked, init) {
      if (!asked.startsWith(`${url}/`)) throw new Error(`${asked} leads to another place.`);
      return fetch(`${endpoint}${asked.slice(url.length)}`, init);
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What makes CloudFront turn to the second origin of a group. */
function statusOfMissing(error: unknown): number {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (status !== 403 && status !== 404) throw error;
  return status;
}

function headersOf(object: GetObjectCommandOutput): Record<string, string> {
  const headers = {
    'content-type': object.ContentType,
    'content-disposition': object.ContentDisposition,
    'content-length': object.ContentLength?.toString(),
    'content-range': object.ContentRange,
    'cache-control': object.CacheControl,
    'last-modified': object.LastModified?.toUTCString(),
    etag: object.ETag,
  };
  const present = Object.entries(headers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(present);
}
