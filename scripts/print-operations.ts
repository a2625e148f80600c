import { functionsOf } from '../infra/src/rows.ts';
import { UPLOADS_PREFIX } from '../service/src/domain/object-key.ts';
import { BACKGROUND, OPERATIONS } from '../service/src/operations/manifest.ts';
import type { BackgroundRow } from '../service/src/operations/manifest-rows.ts';

/**
 * What a script needs of the manifest to deploy it, tab-separated: `function NAME MEMORY_MB TIMEOUT_SECONDS`,
 * `route NAME METHOD PATH` for every path and alias, `queue NAME QUEUE` for what a queue feeds, and
 * `notify QUEUE PREFIX` for the queue that S3 tells of objects. What the clock starts is not among them,
 * and what an edge or a search has is left out.
 */
const functions = functionsOf({});
const deployed = new Set<string>(functions.map(({ name }) => name));
const lines = [
  ...functions.map(({ name, memory_mb, timeout_seconds }) => ['function', name, memory_mb, timeout_seconds]),
  ...OPERATIONS.flatMap(({ name, method, path, aliases }) =>
    [path, ...aliases].map((each) => ['route', name, method, each]),
  ),
  ...BACKGROUND.flatMap(({ name, trigger }: BackgroundRow) =>
    'queue' in trigger && deployed.has(name) ? [['queue', name, trigger.queue]] : [],
  ),
  ['notify', 'uploads', UPLOADS_PREFIX],
];
for (const line of lines) process.stdout.write(`${line.join('\t')}\n`);
