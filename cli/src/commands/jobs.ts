import { parseArgs } from 'node:util';
import { runJobList, runJobRetry } from '../../../service/src/compose/jobs.ts';
import { jobsJson, jobsText, retryText } from '../print-jobs.ts';
import { reasonOf } from '../reason.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `tintype jobs: shows work that has failed for good, and has it tried again.

  tintype jobs list
  tintype jobs retry 17
  tintype jobs retry --all

  list          how many jobs of which kind there are, and those that have failed for good
    --limit N   lists so many of them, 1 to 1000 (50 unless given)
    --json      for programs
  retry ID      has one of them tried again, by the id that list shows
  retry --all   all of them
  --help        this text

What goes on after an answer is a job: process-image scans an image and makes its previews, finish-upload
completes an upload whose caller never came back, clean-up-object settles what a failure has left,
withdraw-image removes what is not to be seen any more, erase-images removes all that a user has,
announce-event tells webhooks of a change. One that
fails is tried again by itself, after a pause that grows. After the last try (the 30th, some fifteen hours, in
a data folder; the 5th on AWS) it is laid aside, and nothing happens to it until somebody retries it: look why it
failed, mend that, and retry. Nothing is harmed by doing a job twice.

It is about the installation that the environment names, as for its server: DATA_DIR, or STORAGE=aws with
IMAGES_BUCKET, JOBS_QUEUE_URL and the rest. Its server may run; it begins with what is retried within seconds.

On AWS dead jobs are messages in the queues whose names end in -dead. SQS hands out messages and lists none:
while a list is made, others do not get what it shows, what somebody else has in hand just then is not in it, and
numbers are about right. Why a job failed is in the functions' logs. SQS forgets a message some days after it was
first queued (14, as infra/ makes the queues); a data folder keeps dead jobs for ever.

Exit codes: 0; 1 it could not be done, or there is no dead job of that id; 2 the command was not understood.
`;

const MOST_LISTED = 1000;

type Wanted =
  | { readonly action: 'list'; readonly limit: number; readonly json: boolean }
  /** `id` is null for all. */
  | { readonly action: 'retry'; readonly id: string | null };

/** `tintype jobs` */
export async function jobs(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const wanted = read(args);
  if (wanted === 'help') {
    out.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\ntintype jobs --help explains it.\n`);
    return 2;
  }
  try {
    return wanted.action === 'list' ? await list(wanted, out) : await retry(wanted.id, out, errors);
  } catch (error) {
    errors.write(`${reasonOf(error)}\n`);
    return 1;
  }
}

async function list({ limit, json }: { limit: number; json: boolean }, out: Terminal): Promise<number> {
  const found = await runJobList(limit);
  out.write(json ? jobsJson(found) : jobsText(found));
  return 0;
}

async function retry(id: string | null, out: Terminal, errors: Terminal): Promise<number> {
  const { kind, retried } = await runJobRetry(id);
  if (id !== null && retried === 0) {
    errors.write(
      `There is no dead job ${JSON.stringify(id)}. tintype jobs list shows those that there are.\n`,
    );
    return 1;
  }
  out.write(retryText(kind, retried));
  return 0;
}

/** What is wanted, or in a sentence what cannot be understood. */
function read(args: readonly string[]): Wanted | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        limit: { type: 'string' },
        json: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const [action, ...rest] = positionals;
    if (action === 'list') return readList(values, rest);
    if (action === 'retry') return readRetry(values, rest);
    return 'jobs is followed by list or retry.';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Values {
  readonly limit?: string | undefined;
  readonly json: boolean;
  readonly all: boolean;
}

function readList({ limit = '50', json, all }: Values, rest: readonly string[]): Wanted | string {
  if (rest.length > 0 || all) return 'jobs list takes --limit and --json, and nothing else.';
  const number = /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (number < 1 || number > MOST_LISTED) return `--limit must be a number from 1 to ${MOST_LISTED}.`;
  return { action: 'list', limit: number, json };
}

function readRetry({ limit, json, all }: Values, [id, ...more]: readonly string[]): Wanted | string {
  if (limit !== undefined || json) return 'jobs retry takes the id of a job, or --all.';
  if (more.length > 0) return 'jobs retry takes one id, or --all.';
  if (all === (id !== undefined)) return 'jobs retry takes the id of a job, or --all.';
  return { action: 'retry', id: id ?? null };
}
