import { describe, expect, test } from 'vitest';
import { createLineLog } from './line-log.ts';

const NOON = Date.parse('2026-11-22T12:00:00.000Z');

function linesAt(level: string): string[] {
  const lines: string[] = [];
  const log = createLineLog(
    (line) => lines.push(line),
    level,
    () => NOON,
  );
  log.info({ request_id: 'r1' }, 'done');
  log.warn({}, 'odd');
  log.error({ err: new Error('broken', { cause: new Error('disk') }) }, 'failed');
  return lines;
}

describe('the log of a function', () => {
  test('is one line of JSON each, with the fields that pino gives', () => {
    const [line = ''] = linesAt('info');
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 30,
      time: '2026-11-22T12:00:00.000Z',
      request_id: 'r1',
      msg: 'done',
    });
  });

  test('says of an error its message, its stack and what was beneath it', () => {
    const { err } = JSON.parse(linesAt('info')[2] ?? '{}');
    expect(err).toMatchObject({ type: 'Error', message: 'broken', cause: { message: 'disk' } });
    expect(err.stack).toContain('line-log.test');
  });

  test.each([
    ['debug', 3],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['fatal', 0],
    ['silent', 0],
  ])('at %s has what is as grave or graver', (level, count) => {
    expect(linesAt(level)).toHaveLength(count);
  });
});
