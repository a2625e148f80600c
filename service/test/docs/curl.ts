import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';

/** Ends the test as skipped, and says why, where there is no curl. */
export async function skipWithoutCurl(ctx: TestContext): Promise<void> {
  try {
    await promisify(execFile)('curl', ['--version']);
  } catch {
    const reason = 'the commands of the documents need curl, and this machine has none';
    process.stdout.write(`skipped "${ctx.task.name}": ${reason}\n`);
    ctx.skip(reason);
  }
}
