import type { DeadJob, JobCount, JobRetry } from '../../service/src/compose/jobs.ts';
import { plainText } from './text/plain-text.ts';

interface Jobs {
  readonly counts: readonly JobCount[];
  readonly dead: readonly DeadJob[];
}

/** For people. */
export function jobsText({ counts, dead }: Jobs): string {
  const lines = counts.map(countLine);
  const total = Math.max(
    counts.reduce((sum, count) => sum + count.dead, 0),
    dead.length,
  );
  if (total === 0) lines.push('No job has failed for good.');
  else lines.push(...dead.flatMap(deadLines), '', closingLine(dead.length, total));
  return `${lines.join('\n')}\n`;
}

/** For programs: what a job says is an object, unless it is no JSON. */
export function jobsJson({ counts, dead }: Jobs): string {
  const listed = dead.map((each) => ({ ...each, job: contentOf(each) }));
  return `${JSON.stringify({ counts, dead: listed }, null, 2)}\n`;
}

/** What a retry has come to. */
export function retryText(kind: JobRetry['kind'], retried: number): string {
  if (retried === 0) return 'No job has failed for good: there is nothing to retry.\n';
  const count = retried === 1 ? '1 job' : `${retried} jobs`;
  return kind === 'aws'
    ? `${count} moved back into the queue.\n`
    : `${count} to be tried again: by the server within seconds, or when it is started.\n`;
}

/** `process-image: 3 waiting, 2 of them being retried (the last failure of one: ...), 1 dead` */
function countLine({ name, waiting, retried, in_hand, dead, failure }: JobCount): string {
  const parts = [`${waiting} waiting`];
  if (retried !== null && retried > 0) {
    const why = failure === null ? '' : ` (the last failure of one: ${plainText(failure)})`;
    parts.push(`${retried} of them being retried${why}`);
  }
  if (in_hand !== null) parts.push(`${in_hand} in hand`);
  return [`${plainText(name)}: ${parts.join(', ')}`, `${dead} dead`].join(', ');
}

function deadLines(job: DeadJob): string[] {
  const content = contentOf(job);
  const said =
    typeof content === 'string'
      ? content
      : Object.entries(content)
          .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
          .join(', ');
  const lines = [
    '',
    `${job.id}: ${plainText(said)}`,
    `  queued ${job.queued_at}, tried ${timesText(job.tries)}`,
  ];
  if (job.failure !== null) lines.push(`  ${plainText(job.failure)}`);
  return lines;
}

function closingLine(listed: number, total: number): string {
  const shown = listed < total ? `${listed} of ${total} dead jobs; --limit N lists more. ` : '';
  return `${shown}tintype jobs retry ID (or --all) has them tried again.`;
}

const timesText = (times: number) => (times === 1 ? 'once' : `${times} times`);

/** What the job says, as an object; as the text that it is where it is something else. */
function contentOf({ job }: DeadJob): object | string {
  try {
    const content: unknown = JSON.parse(job);
    return typeof content === 'object' && content !== null ? content : job;
  } catch {
    return job;
  }
}
