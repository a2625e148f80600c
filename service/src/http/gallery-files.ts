import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** The gallery as it was built, by the paths that its files are served at; `/` is the page. */
export type GalleryFiles = ReadonlyMap<string, GalleryFile>;

export type Encoding = 'br' | 'gzip' | 'identity';

export interface EncodedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** A strong entity tag of these bytes: each encoding has its own (RFC 9110, section 8.8.3.3). */
  readonly etag: string;
}

export interface GalleryFile {
  readonly content_type: string;
  /** Whether its name changes with its bytes. */
  readonly hashed: boolean;
  /** The encodings that it is worth sending in, the best first. */
  readonly encodings: readonly Encoding[];
  encoded(encoding: Encoding): Promise<EncodedFile>;
}

/** How long caches may keep a file: for good where a changed one has another name. */
export function cacheControlOf({ hashed }: Pick<GalleryFile, 'hashed'>): string {
  return hashed ? 'public, max-age=31536000, immutable' : 'no-cache';
}

/** Below this folder the build puts a hash of the bytes into every name. */
export const HASHED = '/assets/';

const PAGE = '/index.html';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Already as small as they get. */
const COMPRESSED = new Set(['.ico', '.png', '.webp', '.woff2']);

/** Below this a file fits into one packet anyway. */
const WORTH_IT = 1024;

/**
 * Reads the whole build into memory: some hundred kilobytes, of which nothing is looked up on the disk by what
 * a caller says. Undefined: there is no page in the folder.
 */
export async function readGalleryFiles(folder: string): Promise<GalleryFiles | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(whereThereIsOne);
  const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = `/${relative(folder, name).replaceAll(sep, '/')}`;
      return [path === PAGE ? '/' : path, galleryFile(path, await readFile(name))] as const;
    }),
  );
  const byPath = new Map(files);
  return byPath.has('/') ? byPath : undefined;
}

function whereThereIsOne(error: unknown): never[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
}

function galleryFile(path: string, bytes: Uint8Array<ArrayBuffer>): GalleryFile {
  const extension = extname(path);
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  const isWorthIt = bytes.length >= WORTH_IT && !COMPRESSED.has(extension);
  const made = new Map<Encoding, Promise<EncodedFile>>();
  return {
    content_type: TYPES[extension] ?? 'application/octet-stream',
    hashed: path.startsWith(HASHED),
    encodings: isWorthIt ? ['br', 'gzip', 'identity'] : ['identity'],
    encoded(encoding) {
      const known = made.get(encoding) ?? encode(bytes, hash, encoding);
      made.set(encoding, known);
      return known;
    },
  };
}

const compressors = { br: promisify(brotliCompress), gzip: promisify(gzip) };

/**
 * Of the page's script the best that brotli does is 7 % less than this, and whoever is the first to ask would wait a
 * tenth of a second for it.
 */
const QUALITY = 6;

async function encode(
  bytes: Uint8Array<ArrayBuffer>,
  hash: string,
  encoding: Encoding,
): Promise<EncodedFile> {
  if (encoding === 'identity') return { bytes, etag: `"${hash}"` };
  const small =
    encoding === 'br'
      ? await compressors.br(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } })
      : await compressors.gzip(bytes, { level: constants.Z_BEST_COMPRESSION });
  return { bytes: small, etag: `"${hash}-${encoding}"` };
}
