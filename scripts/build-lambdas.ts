import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { FUNCTIONS } from '../service/src/operations/manifest.ts';

/** The most that a function's code may have: every byte is read and compiled at each cold start. */
const LIMIT_BYTES = 600_000;

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

/**
 * The AWS clients describe every operation of their service in constants, of which we need few. esbuild
 * keeps them all, since their computed keys could have side effects; in a function that is marked as pure
 * the unused ones go. It is a tenth of a bundle.
 */
const dropUnusedSchemas: Plugin = {
  name: 'drop-unused-schemas',
  setup(bundling) {
    bundling.onLoad(
      { filter: /@aws-sdk\/client-[\w-]+\/dist-es\/schemas\/schemas_0\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const constants = /^((?:export )?var [\w$]+ = )(\[[\s\S]*?\]);$/gm;
        return { contents: text.replaceAll(constants, '$1/* @__PURE__ */ (() => $2)();'), loader: 'js' };
      },
    );
  },
};

/**
 * `npm run build:lambda`: one minified module a function, with its source map, in build/lambda; or, with
 * `-- FOLDER`, in that one, which must not be there yet.
 */
const [named] = process.argv.slice(2);
const folder = named ?? at('build/lambda');
if (named === undefined) await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: named === undefined });
const sizes = await Promise.all(
  FUNCTIONS.map(async ({ name }) => {
    await bundle(name);
    return { name, size: await sizeOf(`${folder}/${name}`) };
  }),
);
for (const { name, size } of sizes) {
  const verdict = size > LIMIT_BYTES ? `over the limit of ${LIMIT_BYTES}` : 'ok';
  process.stdout.write(`${name.padEnd(24)} ${String(size).padStart(8)} bytes  ${verdict}\n`);
}
if (sizes.some(({ size }) => size > LIMIT_BYTES)) process.exitCode = 1;

async function bundle(name: string): Promise<void> {
  await build({
    entryPoints: [at(`service/src/entry/lambda/${name}.ts`)],
    outdir: `${folder}/${name}`,
    outExtension: { '.js': '.mjs' },
    entryNames: 'index',
    bundle: true,
    plugins: [dropUnusedSchemas],
    // What is imported only when needed stays apart, and is read only then.
    splitting: true,
    external: NEVER_LOADED,
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
}

/** All code of a function, maps left out. */
async function sizeOf(path: string): Promise<number> {
  const files = (await readdir(path)).filter((file) => file.endsWith('.mjs'));
  const sizes = await Promise.all(files.map(async (file) => (await stat(`${path}/${file}`)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
