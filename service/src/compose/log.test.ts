import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';

const LOG = new URL('./log.ts', import.meta.url).href;

/** What a process of its own prints that does this with a log. */
async function printed(body: string): Promise<{ lines: unknown[]; code: number }> {
  const script = `const { createLog } = await import('${LOG}'); const log = await createLog({ logLevel: 'info' }); ${body}`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [[code], output] = await Promise.all([once(child, 'close'), text(child.stdout)]);
  const lines = output.trimEnd().split('\n');
  return { lines: lines.map((line) => (JSON.parse(line) as { msg: string }).msg), code: Number(code) };
}

describe('lines of a log', () => {
  test('are all there, in their order, however many there are of them at once', async () => {
    const { lines } = await printed("for (let n = 0; n < 5000; n++) log.info({ n }, 'line ' + n);");
    expect(lines).toEqual(Array.from({ length: 5000 }, (_, n) => `line ${n}`));
  });

  test('are there where the process ends at once, of itself or by what nobody catches', async () => {
    const exited = await printed("log.info({}, 'one'); log.error({}, 'two'); process.exit(3);");
    expect(exited).toEqual({ lines: ['one', 'two'], code: 3 });
    const thrown = await printed("log.info({}, 'one'); log.info({}, 'two'); throw new Error('uncaught');");
    expect(thrown).toEqual({ lines: ['one', 'two'], code: 1 });
  });

  test('of the last kind are written before anything else happens', async () => {
    const { lines } = await printed(
      "log.info({}, 'one'); log.fatal({}, 'two'); process.kill(process.pid, 'SIGKILL'); for (;;);",
    );
    expect(lines).toEqual(['one', 'two']);
  });

  test('are written within a turn or two of the event loop, whatever becomes of the process then', async () => {
    const kill = "process.kill(process.pid, 'SIGKILL'); for (;;);";
    const turns = `setImmediate(() => setImmediate(() => setImmediate(() => { ${kill} })));`;
    const { lines } = await printed(`log.info({}, 'one'); log.info({}, 'two'); ${turns}`);
    expect(lines).toEqual(['one', 'two']);
  });
});
