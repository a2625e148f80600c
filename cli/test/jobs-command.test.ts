import { describe, expect, test } from 'vitest';
import type { DeadJob, JobCount } from '../../service/src/compose/jobs.ts';
import { jobsJson, jobsText, retryText } from '../src/print-jobs.ts';
import { runCommand } from '../src/run-command.ts';

async function called(...args: string[]) {
  const [out, errors]: [string[], string[]] = [[], []];
  const code = await runCommand(
    args,
    { write: (text) => out.push(text) },
    { write: (text) => errors.push(text) },
  );
  return { code, out: out.join(''), errors: errors.join('') };
}

const COUNT: JobCount = {
  name: 'process-image',
  waiting: 3,
  retried: 2,
  in_hand: null,
  dead: 2,
  failure: 'clamd cannot be reached',
};

const DEAD: DeadJob = {
  id: '17',
  job: '{"kind":"process-image","image_id":"a","version":1}',
  queued_at: '2026-05-04T03:02:01.000Z',
  tries: 30,
  failure: 'clamd cannot be reached',
};

test('help says what dead jobs are, and how they are retried', async () => {
  expect((await called('--help')).out).toMatch(/^ {2}jobs /m);
  const { code, out } = await called('jobs', '--help');
  expect(code).toBe(0);
  for (const part of ['jobs list', 'jobs retry --all', 'DATA_DIR', 'JOBS_QUEUE_URL', 'Exit codes']) {
    expect(out).toContain(part);
  }
});

test.each([
  [[], /followed by list or retry/],
  [['mend'], /followed by list or retry/],
  [['list', '17'], /nothing else/],
  [['list', '--all'], /nothing else/],
  [['list', '--limit', '0'], /--limit must be a number from 1 to 1000/],
  [['list', '--limit', '1001'], /--limit must be/],
  [['list', '--limit', 'all'], /--limit must be/],
  [['retry'], /the id of a job, or --all/],
  [['retry', '1', '--all'], /the id of a job, or --all/],
  [['retry', '1', '2'], /one id/],
  [['retry', '1', '--json'], /the id of a job, or --all/],
  [['retry', '--everything'], /--everything/],
])('%j is not understood, which is said on standard error', async (args, message) => {
  const { code, out, errors } = await called('jobs', ...args);
  expect([code, out]).toEqual([2, '']);
  expect(errors).toMatch(message);
});

describe('for people', () => {
  test('there is a line for each kind, what is known of each dead job, and how it is retried', () => {
    expect(
      jobsText({
        counts: [COUNT, { ...COUNT, name: 'erase-images', waiting: 0, retried: 0, dead: 0 }],
        dead: [DEAD],
      }),
    ).toBe(
      [
        'process-image: 3 waiting, 2 of them being retried (the last failure of one: clamd cannot be reached), 2 dead',
        'erase-images: 0 waiting, 0 dead',
        '',
        '17: kind process-image, image_id a, version 1',
        '  queued 2026-05-04T03:02:01.000Z, tried 30 times',
        '  clamd cannot be reached',
        '',
        '1 of 2 dead jobs; --limit N lists more. tintype jobs retry ID (or --all) has them tried again.',
        '',
      ].join('\n'),
    );
  });

  test('of a queue it is said what is in hand, and of a job nothing that is not known', () => {
    const counts = [{ ...COUNT, name: 'tintype-jobs', retried: null, in_hand: 4, dead: 1, failure: null }];
    const text = jobsText({ counts, dead: [{ ...DEAD, failure: null }] });
    expect(text).toContain('tintype-jobs: 3 waiting, 4 in hand, 1 dead\n');
    expect(text).toContain('tried 30 times\n\ntintype jobs');
  });

  test('that nothing is dead is said', () => {
    expect(jobsText({ counts: [], dead: [] })).toBe('No job has failed for good.\n');
  });

  test('nothing that a terminal obeys gets through', () => {
    const text = jobsText({
      counts: [{ ...COUNT, failure: 'x\u001b[2Jy\r\nz\u202e' }],
      dead: [
        { ...DEAD, job: 'no\u001b]0;job\u0007', failure: 'one\ntwo\u2028three' },
        { ...DEAD, job: JSON.stringify({ user_id: 'a\u001b[1mb' }) },
      ],
    });
    expect(text).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\u2028]/u);
    expect(text).toContain('  one two three\n');
  });

  test.each([
    ['embedded', 0, /nothing to retry/],
    ['embedded', 1, /^1 job to be tried again: by the server within seconds/],
    ['aws', 2, /^2 jobs moved back into the queue\.$/m],
  ] as const)('a retry at %s of %i is told', (kind, count, text) => {
    expect(retryText(kind, count)).toMatch(text);
  });
});

test('for programs a job is what it says, or the text that it is', () => {
  const dead = [DEAD, { ...DEAD, id: '18', job: 'roses', failure: null }];
  expect(JSON.parse(jobsJson({ counts: [COUNT], dead }))).toEqual({
    counts: [COUNT],
    dead: [
      { ...DEAD, job: { kind: 'process-image', image_id: 'a', version: 1 } },
      { ...DEAD, id: '18', job: 'roses', failure: null },
    ],
  });
});
