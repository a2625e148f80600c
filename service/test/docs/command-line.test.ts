import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, test } from 'vitest';
import { onlyWhenLarge } from '../support/large.ts';
import { png } from '../support/png.ts';
import { ROOT, temporaryFolder } from '../support/server-process.ts';
import { startTintype } from '../support/tintype-command.ts';
import { codeBlocks, readDocument } from './markdown.ts';

// A dozen processes, one after the other: cli/test/ has each command in every run.
beforeEach(onlyWhenLarge);

const PAGE = readDocument('docs/command-line.md');

test('the commands of the page on the command line run in their order, and do what it says', {
  // A dozen processes, one after the other.
  timeout: 180_000,
}, async () => {
  expect(codeBlocks(PAGE.text, '')).toEqual(['npx tintype serve\n']);
  const folder = await temporaryFolder();
  const server = startTintype(['serve'], { PORT: '0', DATA_DIR: join(folder, 'data') });
  const url = await server.printed(/"url":"(http:[^"]+)"/);
  await mkdir(join(folder, 'photos/.thumbnails'), { recursive: true });
  const osprey = png({ seed: 1 });
  await writeFile(join(folder, 'photos/osprey-dune.png'), osprey);
  await writeFile(join(folder, 'photos/notes.txt'), 'no image');

  const commands = codeBlocks(PAGE.text, 'sh');
  expect(commands.length).toBeGreaterThan(6);
  const bin = join(ROOT, 'node_modules/.bin');
  const { stdout, stderr } = await promisify(execFile)('sh', ['-e', '-c', commands.join('\n')], {
    cwd: folder,
    env: {
      PATH: `${bin}:${process.env['PATH']}`,
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/node-compile'),
      TINTYPE_URL: url,
    },
  });
  expect(stderr).toBe('');
  const [id] = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(stdout) ?? [];
  let at = 0;
  for (const part of [
    `uploaded ${id}  photos/osprey-dune.png\n1 uploaded`,
    'passed over: 1 that is no image, 1 hidden\n',
    '0 uploaded, 1 there already',
    `${id}  20`,
    `${id}  20`,
    'filename',
    'ready, current',
    `downloaded  ${id}  copy.png\n`,
    `downloaded  ${id}  everything/osprey-dune.png\n`,
    'Osprey at dusk',
    'holiday, bird',
    `${id} deleted\n`,
    '{"summary":{"uploaded":1,',
  ]) {
    const found = stdout.indexOf(part, at);
    expect(found, `${part} after ${at} in ${stdout}`).not.toBe(-1);
    at = found + 1;
  }
  expect((await readFile(join(folder, 'copy.png'))).equals(osprey)).toBe(true);
  expect(await readdir(join(folder, 'everything'))).toEqual(['osprey-dune.png']);
});
