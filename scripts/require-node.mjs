// Loaded before everything else (`node --import`), in syntax that old releases can parse: ends the
// process with the remedy when it runs on a Node that cannot run TypeScript and SQLite by itself. On one that can, what it
// compiles is kept for the next start: beside the packages, where whoever could change it could change the code itself.
// Where it cannot write there, it goes on without. A place that NODE_COMPILE_CACHE names goes first.
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const WANTED = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major < WANTED) {
  process.stderr.write(
    `Tintype needs Node ${WANTED} or later; this is Node ${process.versions.node} on ${process.platform}-${process.arch}.\n` +
      `\`npm ci\` installs Node ${WANTED} beside the other packages on Linux (x64, arm64) and macOS (x64, arm64), and the npm\n` +
      'scripts use it. Run `npm ci` again without --omit=optional, start Tintype through npm (`npm start`, `npm test`),\n' +
      `or install Node ${WANTED} on this machine.\n`,
  );
  process.exit(1);
}
nodeModule.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node-compile', import.meta.url)));
