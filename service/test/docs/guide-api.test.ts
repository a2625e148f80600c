import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { ERROR_CODES, statusOf } from '../../src/http/problem.ts';
import { startServerProcess, temporaryFolder } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { skipWithoutCurl } from './curl.ts';
import { codeBlocks, expectInOrder, readDocument, section, tableRows } from './markdown.ts';

const GUIDE = readDocument('docs/guides/api.md');

describe('the guide to the API', () => {
  test('its examples run as they stand, one after the other, and show what its words say', {
    timeout: 120_000,
  }, async (context) => {
    await skipWithoutCurl(context);
    const { url } = await startServerProcess({ env: { TRASH_DAYS: '7' } });
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'photo.jpg'), SMALL_IMAGES['image/jpeg'].bytes);
    const script = codeBlocks(GUIDE.text, 'sh').join('\n').replaceAll('http://127.0.0.1:3000', url);
    const env = { PATH: process.env['PATH'] ?? '' };
    const { stdout, stderr } = await promisify(execFile)('sh', ['-e', '-c', script], { cwd: folder, env });
    expect(stderr).toBe('');
    expectInOrder(stdout, [
      // Errors, and the three ways of an upload.
      '"code":"invalid_request"',
      '"title":"An osprey","description":null,"tags":["bird","dusk"]',
      '"title":"Again"',
      '"status":"ready"',
      '"arrived":[{"number":1',
      '"status":"ready"',
    ]);
    const [, once = '', again] = /^([0-9a-f-]{36})\n([0-9a-f-]{36})$/m.exec(stdout) ?? [];
    expect(again).toBe(once);
    expectInOrder(stdout, [
      `${once}\n${once}\n`,
      '"title":"At the lake"',
      'a page of 2\na page of 2\na page of 2\n',
      // By its first letters, and by words with a tag.
      '"title":"At the lake"',
      '"title":"An osprey"',
      'etag: "1.1"',
      '"title":"By the lake"',
      '"code":"precondition_failed"',
      '"version":2',
      '"is_current":true',
      '"version":3',
      '"views":1',
      '"deleted_at":"2',
      '"title":"By the lake"',
      '"count":1',
      '"user_id":"alice"',
      '"action":"delete-image"',
    ]);
  });

  test('its table of errors has all codes, with the statuses that are sent', () => {
    const rows = tableRows(section(GUIDE, 'Errors')).map(([code = '', status]) => [
      code.replaceAll('`', ''),
      status,
    ]);
    expect(rows.map(([code]) => code).sort()).toEqual([...ERROR_CODES].sort());
    for (const [code, status] of rows) expect(status, code).toBe(String(statusOf(code as ErrorCode)));
  });
});
