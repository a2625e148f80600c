import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CACHE, CODE } from '../service/src/entry/lambda-start/function-script.ts';
import { FUNCTIONS } from '../service/src/operations/manifest.ts';
import { makeCodeCaches } from './code-caches.ts';
import { copyDecoderLibraries, PLATFORMS, type Platform } from './decoder-libraries.ts';
import { bundleFunction, DECODER_BUNDLE } from './function-bundle.ts';
import { bundlesInto } from './kept-bundles.ts';

/** The most that a function's code may have: every byte is read and compiled at each cold start. */
const LIMIT_BYTES = 600_000;

/** And the libraries of its decoder, unpacked: they are read when there is something to decode. */
const LIBRARIES_LIMIT_BYTES = 40_000_000;

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * `npm run build:lambda`: the minified code of each function, with its source map, in build/lambda; or, with
 * `-- FOLDER`, in that one, which must not be there yet. Functions that decode images have the decoders' program
 * and its libraries beside it: those for Lambda, or `--for` another platform (`here`: this machine's own).
 *
 * What V8 makes of the code is beside it where the Node that will run it can be asked for it: this one, `--for here`, or
 * the one that the command of LAMBDA_NODE runs.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { for: { type: 'string', default: 'linux-arm64' } },
});
const platform = platformNamed(values.for);
const [named] = positionals;
const folder = named ?? at('build/lambda');
if (named === undefined) await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: named === undefined });
await bundlesInto(folder, async (place) => {
  await Promise.all(FUNCTIONS.map(({ name }) => bundleFunction(name, `${place}/${name}`)));
  await makeCodeCaches(FUNCTIONS.map(({ name }) => `${place}/${name}`));
});
const made = FUNCTIONS.map(({ name }) => ({ name, at: `${folder}/${name}` }));
if (platform !== 'here') await takeCachesOf(process.env['LAMBDA_NODE']);
// One after the other: the first may have to fetch them.
for (const { at: place } of made) {
  if (existsSync(`${place}/${DECODER_BUNDLE}.mjs`)) await copyDecoderLibraries(platform, place);
}
const sizes = await Promise.all(
  made.map(async ({ name, at: place }) => ({
    name,
    code: await codeIn(place),
    cache: await sizeOf(`${place}/${CACHE}`),
    libraries: await bytesBelow(join(place, 'node_modules')),
  })),
);
for (const { name, code, cache, libraries } of sizes) {
  const compiled = cache > 0 ? `, ${cache} compiled` : '';
  const beside = libraries > 0 ? `${compiled}, and ${libraries} of libraries` : compiled;
  const verdict = isTooLarge({ code, libraries })
    ? `over the limit of ${LIMIT_BYTES}, and ${LIBRARIES_LIMIT_BYTES} of libraries`
    : 'ok';
  process.stdout.write(`${name.padEnd(24)} ${String(code).padStart(8)} bytes${beside}  ${verdict}\n`);
}
if (sizes.every(({ cache }) => cache === 0)) {
  process.stdout.write(
    'No code is compiled before: LAMBDA_NODE names no Node to do it (docs/deploying.md).\n',
  );
}
if (sizes.some(isTooLarge)) process.exitCode = 1;

/** In place of what this Node has made, which is of no use to another. */
async function takeCachesOf(command: string | undefined): Promise<void> {
  const places = made.map(({ at: place }) => place);
  await Promise.all(places.map((place) => rm(join(place, CACHE))));
  if (command) await makeCodeCaches(places, command.split(' '));
}

function isTooLarge({ code, libraries }: { code: number; libraries: number }): boolean {
  return code > LIMIT_BYTES || libraries > LIBRARIES_LIMIT_BYTES;
}

function platformNamed(text: string): Platform {
  const known = PLATFORMS.find((each) => each === text);
  if (known === undefined) throw new Error(`--for takes one of ${PLATFORMS.join(', ')}, and not ${text}.`);
  return known;
}

/** All code of a function, maps left out. */
async function codeIn(place: string): Promise<number> {
  const files = (await readdir(place)).filter((file) => file.endsWith('.mjs') || file === CODE);
  const bytes = await Promise.all(files.map((file) => sizeOf(`${place}/${file}`)));
  return bytes.reduce((sum, size) => sum + size, 0);
}

async function sizeOf(file: string): Promise<number> {
  return existsSync(file) ? (await stat(file)).size : 0;
}

async function bytesBelow(place: string): Promise<number> {
  if (!existsSync(place)) return 0;
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const bytes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return bytes.reduce((sum, size) => sum + size, 0);
}
