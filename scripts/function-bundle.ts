import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { CODE } from '../service/src/entry/lambda-start/function-script.ts';
import { DROPS, onlyOwnRow } from './bundle-drops.ts';
import { awaitedEntry, importedAtOnce, SCRIPT, START } from './script-bundle.ts';

/** What starts decoders; a function with it has their program beside it. */
const STARTS_DECODERS = 'service/src/drivers/sharp/decoder-process.ts';
const DECODER = 'service/src/drivers/sharp/decoder-child.ts';
export const DECODER_BUNDLE = 'decoder-child';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Some packages in the bundle are CommonJS and call `require`, which a module does not have. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * What a function never loads, above all ways to credentials: its own come by environment, first of all.
 * Should one be asked for all the same, the runtime has the SDK.
 */
const NEVER_LOADED = [
  ...['ini', 'sso', 'process', 'web-identity', 'login', 'http'].map(
    (way) => `@aws-sdk/credential-provider-${way}`,
  ),
  '@aws-sdk/token-providers',
  '@aws-sdk/nested-clients/*',
  '@smithy/credential-provider-imds',
  'bowser', // Tells browsers apart.
];

const COMMON: BuildOptions = {
  outExtension: { '.js': '.mjs' },
  absWorkingDir: at(''),
  bundle: true,
  plugins: [...DROPS],
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  banner: { js: REQUIRE },
  logLevel: 'warning',
};

/** What AWS loads, which loads the function's code. */
const STARTER = 'service/src/entry/lambda-start/index.ts';

/**
 * Bundles a function into a folder: what starts it, its code, and the decoders' program where it starts decoders. What
 * V8 makes of the code is apart (code-caches.ts).
 */
export async function bundleFunction(name: string, place: string): Promise<void> {
  const { metafile } = await build({
    ...COMMON,
    ...SCRIPT,
    plugins: [...DROPS, onlyOwnRow(name), awaitedEntry, importedAtOnce],
    entryPoints: [at(`service/src/entry/lambda/${name}.ts`)],
    outfile: `${place}/${CODE}`,
    outExtension: {},
    external: NEVER_LOADED,
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs);
  // What decodes must be a process of its own, which can read none of the function's secrets.
  const native = inputs.find((input) => /node_modules\/(sharp|@img)\//.test(input));
  if (native !== undefined) throw new Error(`The function ${name} itself would load ${native}.`);
  await build({ ...COMMON, ...START, entryPoints: [at(STARTER)], outdir: place, entryNames: 'index' });
  if (inputs.includes(STARTS_DECODERS)) await bundleDecoder(place);
}

/** Bundles a file that exports a handler, as `index.mjs` of a folder. @returns the files that have come into it. */
export async function bundleHandler(
  file: string,
  place: string,
  plugins: readonly Plugin[] = [],
): Promise<string[]> {
  const { metafile } = await build({
    ...COMMON,
    plugins: [...DROPS, ...plugins],
    entryPoints: [file],
    outdir: place,
    entryNames: 'index',
    // What is imported only when needed stays apart, and is read only then.
    splitting: true,
    external: NEVER_LOADED,
    metafile: true,
  });
  return Object.keys(metafile.inputs);
}

async function bundleDecoder(place: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: [at(DECODER)],
    outdir: place,
    entryNames: DECODER_BUNDLE,
    external: ['sharp'],
  });
}
