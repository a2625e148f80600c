import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { header, type Incoming } from './incoming.ts';
import { notImplemented, Refusal } from './refusal.ts';
import { sha256 } from './signature-v4.ts';

const DIGESTS: Readonly<Record<string, (data: Buffer) => Buffer>> = {
  sha256: (data) => createHash('sha256').update(data).digest(),
  sha1: (data) => createHash('sha1').update(data).digest(),
  crc32(data) {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(crc32(data));
    return digest;
  },
};

const CHUNKED = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** Fails where the body of a request is not what its headers, or what follows the body, say of it. */
export function verifyBody(request: Incoming, body: Buffer): void {
  const signed = header(request, 'x-amz-content-sha256');
  if (/^STREAMING-/.test(signed ?? '') && signed !== CHUNKED) throw notImplemented(`${signed}`);
  if (/^[0-9a-f]{64}$/.test(signed ?? '') && sha256(body) !== signed) {
    throw new Refusal(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  const { data, trailers } = signed === CHUNKED ? unchunk(request, body) : { data: body, trailers: [] };
  const md5 = header(request, 'content-md5');
  if (md5 !== undefined) compare('Content-MD5', md5, createHash('md5').update(data).digest());
  const checksums = [...Object.entries(request.headers), ...trailers].flatMap(([name, value]) => {
    const [, algorithm] = /^x-amz-checksum-(?!algorithm$|mode$|type$)(\w+)$/.exec(name) ?? [];
    return algorithm === undefined ? [] : [[algorithm, String(value)] as const];
  });
  if (checksums.length > 1) {
    throw new Refusal(400, 'InvalidRequest', 'Expecting a single x-amz-checksum- header');
  }
  for (const [algorithm, value] of checksums) verifyChecksum(algorithm, value, data);
}

/** Fails where data do not have the checksum, in base64, that is said of them. */
export function verifyChecksum(algorithm: string, value: string, data: Buffer): void {
  compare(algorithm.toUpperCase(), value, digestOf(algorithm, data));
}

/** The checksum of data by an algorithm in lower case. */
export function digestOf(algorithm: string, data: Buffer): Buffer {
  const digest = DIGESTS[algorithm];
  if (digest === undefined) throw notImplemented(`The checksum ${algorithm}`);
  return digest(data);
}

function compare(name: string, value: string, digest: Buffer): void {
  const given = Buffer.from(value, 'base64');
  if (given.length !== digest.length || given.toString('base64') !== value) {
    throw new Refusal(400, 'InvalidRequest', `Value for ${name} is invalid.`);
  }
  if (!given.equals(digest)) {
    throw new Refusal(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  }
}

/** The bytes in `{size}\r\n{bytes}\r\n...0\r\n{trailers}`, and the trailers. */
function unchunk(request: Incoming, body: Buffer): { data: Buffer; trailers: [string, string][] } {
  const chunks: Buffer[] = [];
  let position = 0;
  for (let size = -1; size !== 0; ) {
    const lineEnd = body.indexOf('\r\n', position);
    const line = body.subarray(position, lineEnd).toString();
    if (lineEnd < 0 || !/^[0-9a-f]+$/i.test(line)) throw incomplete();
    size = Number.parseInt(line, 16);
    position = lineEnd + 2;
    if (size === 0) break;
    if (body.toString('latin1', position + size, position + size + 2) !== '\r\n') throw incomplete();
    chunks.push(body.subarray(position, position + size));
    position += size + 2;
  }
  const data = Buffer.concat(chunks);
  if (data.length !== Number(header(request, 'x-amz-decoded-content-length'))) throw incomplete();
  const trailers = body
    .toString('utf8', position)
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/:(.*)/s);
      return [name.trim().toLowerCase(), value.trim()];
    });
  const announced = header(request, 'x-amz-trailer')?.toLowerCase();
  if (announced !== undefined && !trailers.some(([name]) => name === announced)) {
    throw new Refusal(
      400,
      'MalformedTrailerError',
      'The request contained trailing data that was not well-formed.',
    );
  }
  return { data, trailers };
}

function incomplete(): Refusal {
  return new Refusal(
    400,
    'IncompleteBody',
    'You did not provide the number of bytes specified by the headers.',
  );
}
