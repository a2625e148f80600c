import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { skipWithoutCurl } from './curl.ts';
import { codeBlocks, readDocument, section } from './markdown.ts';

const run = promisify(execFile);

test('what the page on authentication says to try works as it stands', { timeout: 60_000 }, async (ctx) => {
  await skipWithoutCurl(ctx);
  const [first = '', second = ''] = codeBlocks(
    section(readDocument('docs/authentication.md'), 'Try it'),
    'sh',
  );
  const lines = first.trim().split('\n');
  expect(lines.pop()).toBe('npm start');
  const { PATH = '', HOME = '' } = process.env;
  const names = ['AUTH', 'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_SECRET'];
  const shown = names.map((name) => `printf '%s\\n' "$${name}"`);
  const { stdout } = await run('sh', ['-e', '-c', [...lines, ...shown].join('\n')], { env: { PATH, HOME } });
  const values = stdout.trim().split('\n');
  const env = Object.fromEntries(names.map((name, n) => [name, values[n] ?? '']));

  const { url } = await startServerProcess({ env });
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'photo.jpg'), SMALL_IMAGES['image/jpeg'].bytes);
  const script = second
    .replaceAll('http://127.0.0.1:3000', url)
    .replace('@photo.jpg', `@${folder}/photo.jpg`);
  const called = await run('sh', ['-e', '-c', script], { cwd: ROOT, env: { PATH, HOME, ...env } });
  const [uploaded = '', listed = ''] = called.stdout.trim().split(/(?<=\})(?=\{"items")/);
  const image = JSON.parse(uploaded) as { image_id: string };
  expect(image).toMatchObject({ user_id: 'alice', content_type: 'image/jpeg' });
  expect(JSON.parse(listed)).toMatchObject({ count: 1, items: [{ image_id: image.image_id }] });
});
