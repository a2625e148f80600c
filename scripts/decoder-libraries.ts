import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What a decoder loads beside its own code: sharp, and libvips for one platform. In `here` that is whatever
 * platform this machine has.
 */
export type Platform = 'here' | 'linux-arm64' | 'linux-x64';

export const PLATFORMS: readonly Platform[] = ['here', 'linux-arm64', 'linux-x64'];

/** A package as package-lock.json has it. */
interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, Locked>>;

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const placeOf = (name: string) => `node_modules/${name}`;

/** Copies sharp and all that it needs into `node_modules` of a folder. */
export async function copyDecoderLibraries(platform: Platform, folder: string): Promise<void> {
  const locked = packagesOfSharp(await readLock());
  const tree = await treeFor(platform, locked);
  for (const place of Object.keys(locked)) {
    // Of other platforms nothing was installed.
    if (!existsSync(join(tree, place))) continue;
    await cp(join(tree, place), join(folder, place), { recursive: true, dereference: true });
  }
}

async function readLock(): Promise<Packages> {
  const lock: { packages: Packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  return lock.packages;
}

/** sharp and what it depends on, the binaries for every platform among it, by their places. */
function packagesOfSharp(packages: Packages): Packages {
  const found: Record<string, Locked> = {};
  const add = (place: string) => {
    const locked = packages[place];
    if (!locked || found[place]) return;
    const { dev: _dev, ...kept } = locked;
    found[place] = kept;
    for (const inner of Object.keys(packages)) {
      if (inner.startsWith(`${place}/node_modules/`)) add(inner);
    }
    for (const name of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) {
      add(placeOf(name));
    }
  };
  add(placeOf('sharp'));
  return found;
}

/** Where the packages lie: here, if `npm ci` has installed those of the platform, else fetched once and kept. */
async function treeFor(platform: Platform, locked: Packages): Promise<string> {
  if (platform === 'here' || existsSync(join(ROOT, placeOf(`@img/sharp-${platform}`)))) return ROOT;
  const kept = join(ROOT, 'build/decoder-libraries', platform);
  const lock = lockOf(locked);
  if (await isInstalled(kept, lock)) return kept;
  await mkdir(dirname(kept), { recursive: true });
  const fresh = await mkdtemp(`${kept}-`);
  try {
    await install(platform, locked, lock, fresh);
    await rm(kept, { recursive: true, force: true });
    await rename(fresh, kept);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
  return kept;
}

const manifestOf = (locked: Packages) => ({
  name: 'decoder-libraries',
  version: '0.0.0',
  dependencies: { sharp: locked[placeOf('sharp')]?.version },
});

/** With the hashes of our own lockfile, which npm holds what it fetches against. */
function lockOf(locked: Packages): string {
  const manifest = manifestOf(locked);
  const { name, version } = manifest;
  const packages = { '': manifest, ...locked };
  return JSON.stringify({ name, version, lockfileVersion: 3, requires: true, packages });
}

async function isInstalled(folder: string, lock: string): Promise<boolean> {
  if (!existsSync(join(folder, placeOf('sharp')))) return false;
  const known = await readFile(join(folder, 'package-lock.json'), 'utf8').catch(() => '');
  return known === lock;
}

async function install(platform: string, locked: Packages, lock: string, folder: string): Promise<void> {
  const [os = '', cpu = ''] = platform.split('-');
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifestOf(locked), private: true }));
  await writeFile(join(folder, 'package-lock.json'), lock);
  const where = [`--os=${os}`, `--cpu=${cpu}`, '--libc=glibc'];
  const { status, error, stderr } = spawnSync('npm', ['ci', ...where, '--ignore-scripts', '--no-audit'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`The libraries of decoders for ${platform} cannot be had:\n${stderr}`);
}
