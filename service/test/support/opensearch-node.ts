import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from './scratch-folder.ts';

const TARGET = fileURLToPath(new URL('../opensearch-node/target', import.meta.url));

/** Whether `npm run test:opensearch` has built the node. */
export const OPENSEARCH_NODE_BUILT = existsSync(`${TARGET}/classes`) && existsSync(`${TARGET}/lib`);

/** Far above what a start takes, also on a busy machine. */
const START_DEADLINE = 180_000;

export interface OpenSearchNode {
  readonly url: string;
  stop(): Promise<void>;
}

/** The real engine, a node of it in a process of its own, empty. It ends with this process, however that ends. */
export async function startOpenSearchNode(): Promise<OpenSearchNode> {
  const folder = await scratchFolder();
  const settings = ['-Xmx768m', '-Dlog4j2.disable.jmx=true', '-cp', `${TARGET}/classes:${TARGET}/lib/*`];
  const child = spawn('java', [...settings, 'tintype.OpenSearchNode', folder.path], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const printed: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => printed.push(line));
  const stop = async () => {
    child.stdin.end();
    await ended;
    await folder.remove();
  };
  const timer = setTimeout(() => child.kill('SIGKILL'), START_DEADLINE);
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    const [, url] = /^serving (http:\S+)$/.exec(line) ?? [];
    if (url === undefined) continue;
    clearTimeout(timer);
    child.stdout.resume();
    return { url, stop };
  }
  clearTimeout(timer);
  await stop();
  throw new Error(`OpenSearch did not start:\n${printed.join('\n')}`);
}
