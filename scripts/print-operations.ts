import { BACKGROUND, FUNCTIONS, OPERATIONS } from '../service/src/operations/manifest.ts';

/**
 * What a script needs of the manifest to deploy it, tab-separated: `function NAME MEMORY_MB TIMEOUT_SECONDS`,
 * `route NAME METHOD PATH` for every path and alias, and `queue NAME` for what the job queue feeds.
 */
const lines = [
  ...FUNCTIONS.map(({ name, memory_mb, timeout_seconds }) => ['function', name, memory_mb, timeout_seconds]),
  ...OPERATIONS.flatMap(({ name, method, path, aliases }) =>
    [path, ...aliases].map((each) => ['route', name, method, each]),
  ),
  ...BACKGROUND.map(({ name }) => ['queue', name]),
];
for (const line of lines) process.stdout.write(`${line.join('\t')}\n`);
