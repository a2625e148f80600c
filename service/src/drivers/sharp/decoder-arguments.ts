import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** For what JavaScript does in a decoder; pixels lie outside of this. */
const HEAP_MIB = 128;

/** Of young objects, which JavaScript has next to none of here: V8 would keep 15 MB more, and be no faster. */
const YOUNG_MIB = 1;

/** The packages that the program of a decoder imports; a bundled one still imports the first. */
const PACKAGES = ['sharp', 'thumbhash', 'exif-reader'];

/**
 * The command line of a decoder: it may load its own code and the libraries that it needs, and neither read
 * another file nor write any, nor start processes or threads of its own.
 *
 * That holds for what JavaScript does. Node's permissions do not bind native code, and in Node 24 they do not
 * cover the network.
 */
export function decoderArguments(program: string): string[] {
  const readable = [
    ...ownCode(program),
    ...PACKAGES.flatMap((name) => packageFolders(name, dirname(program))),
  ];
  return [
    '--permission',
    '--allow-addons',
    ...[...new Set(readable)].map((path) => `--allow-fs-read=${path}`),
    // Among them that addons can go around the permissions.
    '--no-warnings',
    `--max-old-space-size=${HEAP_MIB}`,
    `--max-semi-space-size=${YOUNG_MIB}`,
    program,
  ];
}

/** A bundle is one file; TypeScript is its folder, the domain, and the package.json that says what kind of module they are. */
function ownCode(program: string): string[] {
  if (!program.endsWith('.ts')) return [program];
  const folder = dirname(program);
  const marker = ancestors(folder)
    .map((above) => join(above, 'package.json'))
    .find((path) => existsSync(path));
  return [
    `${folder}${sep}`,
    `${join(folder, '../../domain')}${sep}`,
    ...(marker === undefined ? [] : [marker]),
  ];
}

/** The folder of a package, as npm would find it from another, and those of all that it depends on. */
function packageFolders(name: string, from: string, seen = new Set<string>()): string[] {
  const folder = ancestors(from)
    .map((above) => join(above, 'node_modules', name))
    .find((path) => existsSync(path));
  if (folder === undefined || seen.has(folder)) return [];
  seen.add(folder);
  // Links are followed by the loader, which must be allowed to read both ends.
  const real = realpathSync(folder);
  const needed = dependenciesOf(real).flatMap((other) => packageFolders(other, real, seen));
  return [`${folder}${sep}`, `${real}${sep}`, ...needed];
}

/** Optional ones too: sharp's binaries are, one package a platform. */
function dependenciesOf(folder: string): string[] {
  const manifest: Partial<Record<string, Record<string, string>>> = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  return Object.keys({ ...manifest['dependencies'], ...manifest['optionalDependencies'] });
}

function ancestors(folder: string): string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}
