import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { onTestFinished, type TestContext } from 'vitest';

/** A new profile, nothing fetched for itself, no sandbox (which root has none of). */
const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** The path of this machine's Chromium; where there is none the test ends as skipped, and says why. */
async function chromiumPath(context: TestContext): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      'command -v chromium || command -v chromium-browser',
    ]);
    return stdout.trim();
  } catch {
    const reason = 'there is no chromium on this machine';
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    return context.skip(reason);
  }
}

/** Chromium, without a window; it is closed when the test ends. */
export async function openChromium(context: TestContext): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: await chromiumPath(context), args: ARGUMENTS });
  onTestFinished(() => browser.close());
  return browser;
}
