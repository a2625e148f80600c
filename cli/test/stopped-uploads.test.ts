import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { sha256 } from '../../service/test/process/calls.ts';
import { onlyWhenLarge } from '../../service/test/support/large.ts';
import { png } from '../../service/test/support/png.ts';
import { startServerProcess, temporaryFolder } from '../../service/test/support/server-process.ts';
import { runTintype, startTintype } from '../../service/test/support/tintype-command.ts';
import { keepsUploadsAfter, startGate } from './support/gate.ts';
import { writeImages, writeNew } from './support/image-files.ts';
import { storedChecksums } from './support/stored.ts';

// Real processes, and a large file: cli/test/upload-run.test.ts has the rest of it in every run.
beforeEach(onlyWhenLarge);

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

test('Ctrl-C stops an upload in an orderly way, and says how to go on', async () => {
  const folder = await temporaryFolder();
  const expected = await writeImages(folder, 40);
  const server = await startServerProcess();
  const keeper = keepsUploadsAfter(10);
  const gate = await startGate(server.url, keeper);
  const upload = startTintype(['upload', '--user', 'alice', folder], { TINTYPE_URL: gate.url });
  await keeper.reached;
  upload.interrupt();
  const { code, stdout, stderr } = await upload.ended;
  expect([code, stderr]).toEqual([
    130,
    'Not all was uploaded. The same command, given again, goes on from here.\n',
  ]);
  expect(stdout).toMatch(/^10 uploaded \(.*\), 30 not done$/m);

  const again = await runTintype(['upload', '--user', 'alice', folder], { TINTYPE_URL: server.url });
  expect([again.code, again.stderr]).toEqual([0, '']);
  expect(await storedChecksums(server.url, 'alice')).toEqual(expected);
});

test('a large file that was cut off goes on from the parts that have arrived', async () => {
  const bytes = png({ seed: 1, size: 40_000_000 });
  const path = await writeNew(join(await temporaryFolder(), 'large.png'), bytes);
  const isPart = ({ method, url = '' }: IncomingMessage) => method === 'PUT' && url.includes('part-number=');
  const sent: string[] = [];
  const arrived = Promise.withResolvers<void>();
  let mayPass = 2;
  const gate = await startGate('http://127.0.0.1:9', {
    async before(request) {
      if (!isPart(request)) return;
      // What does not get through stands still until the command is killed.
      if (mayPass-- <= 0) await new Promise(() => {});
    },
    passes(request, status) {
      if (isPart(request) && status === 200 && sent.push(partOf(request)) === 2) arrived.resolve();
      return true;
    },
  });
  const server = await startServerProcess({ env: { PUBLIC_URL: gate.url } });
  gate.lead(server.url);
  const args = ['upload', '--user', 'alice', path];
  const upload = startTintype(args, { TINTYPE_URL: gate.url });
  await arrived.promise;
  await upload.kill();

  mayPass = Number.POSITIVE_INFINITY;
  const { code, stderr } = await runTintype(args, { TINTYPE_URL: gate.url });
  expect([code, stderr]).toEqual([0, '']);
  expect(sent.length).toBeGreaterThan(3);
  expect(new Set(sent).size, `parts sent: ${sent}`).toBe(sent.length);
  expect(await storedChecksums(gate.url, 'alice')).toEqual([sha256(bytes)]);
});

function partOf({ url = '' }: IncomingMessage): string {
  return new URL(url, 'http://gate').searchParams.get('part-number') ?? url;
}
