import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FUNCTIONS } from '../service/src/operations/manifest.ts';
import { copyDecoderLibraries, PLATFORMS, type Platform } from './decoder-libraries.ts';
import { bundleFunction, DECODER_BUNDLE } from './function-bundle.ts';
import { bundlesInto } from './kept-bundles.ts';

/** The most that a function's code may have: every byte is read and compiled at each cold start. */
const LIMIT_BYTES = 600_000;

/** And the libraries of its decoder, unpacked: they are read when there is something to decode. */
const LIBRARIES_LIMIT_BYTES = 40_000_000;

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * `npm run build:lambda`: one minified module a function, with its source map, in build/lambda; or, with
 * `-- FOLDER`, in that one, which must not be there yet. Functions that decode images have the decoders' program
 * and its libraries beside it: those for Lambda, or `--for` another platform (`here`: this machine's own).
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
});
const made = FUNCTIONS.map(({ name }) => ({ name, at: `${folder}/${name}` }));
// One after the other: the first may have to fetch them.
for (const { at: place } of made) {
  if (existsSync(`${place}/${DECODER_BUNDLE}.mjs`)) await copyDecoderLibraries(platform, place);
}
const sizes = await Promise.all(
  made.map(async ({ name, at: place }) => ({
    name,
    code: await codeIn(place),
    libraries: await bytesBelow(join(place, 'node_modules')),
  })),
);
for (const { name, code, libraries } of sizes) {
  const beside = libraries > 0 ? `, and ${libraries} of libraries` : '';
  const verdict = isTooLarge({ code, libraries })
    ? `over the limit of ${LIMIT_BYTES}, and ${LIBRARIES_LIMIT_BYTES} of libraries`
    : 'ok';
  process.stdout.write(`${name.padEnd(24)} ${String(code).padStart(8)} bytes${beside}  ${verdict}\n`);
}
if (sizes.some(isTooLarge)) process.exitCode = 1;

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
  const files = (await readdir(place)).filter((file) => file.endsWith('.mjs'));
  const bytes = await Promise.all(files.map(async (file) => (await stat(`${place}/${file}`)).size));
  return bytes.reduce((sum, size) => sum + size, 0);
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
