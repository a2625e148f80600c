import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readServerConfig, SERVER_VARIABLES } from '../../src/config/server.ts';
import { expectList, expectProblem } from '../support/answers.ts';
import { ROOT, startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { skipWithoutCurl } from './curl.ts';
import { codeBlocks, expectInOrder, readDocument, section, tableRows } from './markdown.ts';

const README = readDocument('README.md');
const ADDRESS = 'http://127.0.0.1:3000';
const run = promisify(execFile);

/** The image that the README makes, from its own text. */
function sampleImage(): Buffer {
  const [, base64 = ''] = /'([A-Za-z0-9+/=]{100,})'/.exec(section(README, 'Quick start')) ?? [];
  return Buffer.from(base64, 'base64');
}

/** Runs the blocks as one script that stops at the first failure, and returns what it printed. */
async function runQuickStart(url: string): Promise<string> {
  const script = codeBlocks(section(README, 'Quick start'), 'sh').join('\n').replaceAll(ADDRESS, url);
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: await temporaryFolder() };
  const { stdout, stderr } = await run('sh', ['-e', '-c', script], { env, cwd: env.TMPDIR });
  expect(stderr).toBe('');
  return stdout;
}

describe('the README', () => {
  test('its quick start runs as it stands, from upload to delete, and shows what its words say', async (ctx) => {
    await skipWithoutCurl(ctx);
    const { url } = await startServerProcess();
    const printed = await runQuickStart(url);
    expectInOrder(printed, [
      '"title":"By the sea"',
      '"count":2,"last_evaluated_key":null',
      '"count":1,"last_evaluated_key":null',
      'etag: "1.1"',
      '"title":"Evening"',
      '"code":"precondition_failed"',
      '"code":"not_found"',
    ]);

    const [, image = ''] = new RegExp(`^(${url}/images/[0-9a-f-]{36})$`, 'm').exec(printed) ?? [];
    expect(image, printed).not.toBe('');
    await expectProblem(await fetch(image), 'not_found');

    const left = await expectList(await fetch(`${url}/images?order=oldest`));
    expect(left.items).toMatchObject([
      { user_id: 'alice', filename: 'sunset.png', title: 'By the sea', tags: ['sunset', 'sea'] },
      { user_id: 'alice', filename: null, title: null, tags: ['sunset'] },
    ]);
    for (const { image_id } of left.items) {
      const content = await fetch(`${url}/images/${image_id}/content`);
      expect(sampleImage().equals(await content.bytes())).toBe(true);
    }
  });

  test('its two commands are what package.json has', async () => {
    const commands = codeBlocks(section(README, 'Two commands'), '');
    expect(commands).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n']);
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts).toMatchObject({ start: expect.any(String), test: expect.any(String) });
  });

  describe('its configuration table', () => {
    const rows = tableRows(section(README, 'Configuration'));
    const nameOf = ([name = '']: readonly string[]) => name.replaceAll('`', '');
    const defaultOf = (row: readonly string[]) => /^`([^`]+)`$/.exec(row.at(-1) ?? '')?.[1];

    test('lists exactly the variables that are read', () => {
      expect(rows.map(nameOf)).toEqual(SERVER_VARIABLES);
    });

    test('has the defaults that hold', () => {
      const documented = Object.fromEntries(rows.map((row) => [nameOf(row), defaultOf(row)]));
      expect(readServerConfig(documented)).toEqual(readServerConfig({}));
    });

    test('leaves a default to words only where there is no fixed one', () => {
      const inWords = rows.filter((row) => defaultOf(row) === undefined).map(nameOf);
      expect(inWords).toEqual([
        'PUBLIC_URL',
        'IMAGES_BUCKET',
        'JOBS_QUEUE_URL',
        'CURSOR_SECRET_ARN',
        'CDN_URL',
        'CDN_KEY_PAIR_ID',
        'CDN_PRIVATE_KEY_ARN',
        'CDN_DISTRIBUTION_ID',
        'OPENSEARCH_URL',
        'AWS_ENDPOINT_URL',
        'AWS_ENDPOINT_URL_S3',
        'JWT_ISSUER',
        'JWT_AUDIENCE',
        'JWT_JWKS_URL',
        'JWT_PUBLIC_KEY',
        'JWT_SECRET',
        'JWT_ALGORITHMS',
        'JWT_SCOPE_PREFIX',
        'INTROSPECTION_URL',
        'INTROSPECTION_CLIENT_ID',
        'INTROSPECTION_CLIENT_SECRET',
        'INTROSPECTION_CLIENT_SECRET_ARN',
        'ADMIN_ACR_VALUES',
        'ADMIN_MAX_AGE_SECONDS',
        'SIGNING_SECRET',
        'CLAMD_ADDRESS',
        'MAX_IMAGES_PER_USER',
        'MAX_BYTES_PER_USER',
        'RATE_LIMIT_PER_MINUTE',
        'TRUSTED_PROXIES',
        'CORS_ORIGINS',
        'GALLERY_CLIENT_ID',
        'GALLERY_SCOPE',
        'GALLERY_SIGN_IN_ORIGINS',
      ]);
      expect(readServerConfig({})).toMatchObject({ publicUrl: undefined, signingSecrets: [] });
    });
  });
});
