import { fileURLToPath } from 'node:url';
import { bundleForBrowsers, CLIENT_LIMIT_BYTES, gzippedBytes, makeClientPackage } from './client-package.ts';

/** `npm run build:client`: the package `@tintype/client` as it is published, in client/dist, with its size. */
const folder = fileURLToPath(new URL('../client/dist', import.meta.url));
await makeClientPackage(folder);
const bundle = await bundleForBrowsers(folder);
const gzipped = gzippedBytes(bundle);
process.stdout.write(
  `client/dist: ${bundle.length} bytes minified with its dependencies, ${gzipped} gzipped of ${CLIENT_LIMIT_BYTES}\n`,
);
if (gzipped > CLIENT_LIMIT_BYTES) {
  process.stderr.write('That is too much: CLIENT_LIMIT_BYTES is in scripts/client-package.ts.\n');
  process.exitCode = 1;
}
