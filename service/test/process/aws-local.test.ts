import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { onlyWhenLarge } from '../support/large.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';

// A process with emulators of its own.
beforeEach(onlyWhenLarge);

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const JPEG = SMALL_IMAGES['image/jpeg'];

test('npm run start:aws-local serves the AWS home with nothing installed, until it is told to stop', async () => {
  const child = spawn('npm', ['run', '--silent', 'start:aws-local'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    url = /Tintype listens on (\S+)\. The data lies in the bucket/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  const uploaded = await fetch(`${url}/images?user_id=alice&tags=sea`, {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg' },
    body: new Uint8Array(JPEG.bytes),
  });
  expect(uploaded.status).toBe(201);
  const { image_id } = (await uploaded.json()) as { image_id: string };
  const content = await fetch(`${url}/images/${image_id}/content`);
  expect(content.url).toContain('X-Amz-Signature=');
  expect(JPEG.bytes.equals(Buffer.from(await content.arrayBuffer()))).toBe(true);
  // The gallery that `npm ci` has built shows images from there, and sends them there.
  const policy = (await fetch(url)).headers.get('content-security-policy') ?? '';
  for (const name of ['img-src', 'connect-src']) {
    const directive = policy.split('; ').find((each) => each.startsWith(name));
    expect(directive?.split(' ')).toContain(new URL(content.url).origin);
  }
  const listed = (await (await fetch(`${url}/images?tag=sea`)).json()) as { items: unknown[] };
  expect(listed.items).toMatchObject([{ image_id, user_id: 'alice' }]);
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
