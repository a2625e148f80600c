import { parseArgs } from 'node:util';
import {
  type ExaminedInstallation,
  FINDING_KINDS,
  type Finding,
  runExamination,
} from '../../../service/src/compose/maintenance.ts';
import { reasonOf } from '../reason.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `tintype doctor: finds what failures and crashes have left wrong, and mends it.

  tintype doctor
  tintype doctor --fix

  --fix    puts right what can be put right without a guess; without it, it is only said
  --scrub  reads all bytes, too, and holds them against their SHA-256
  --json   for programs: each finding as a line of JSON, and a summary as the last
  --help   this text

It is about the installation that the environment names, as for its server: DATA_DIR, or STORAGE=aws with
IMAGES_BUCKET and the rest; JOBS_QUEUE_URL for jobs that have failed for good. It may serve meanwhile: what seems
wrong is looked at again after whatever was under way has ended. To --fix a data folder, its server must not run.

What it finds, and what --fix makes of it:
  dead-job           a job that has failed for good; left for tintype jobs
  stuck-upload       an announced upload that should have ended: ended, its room given back
  stuck-image        not scanned or decoded, and no job will: its job is queued again
  missing-bytes      no bytes of an image: its record is removed, if nothing is left of any version
  missing-version    no bytes of a former version: it is forgotten
  missing-rendition  a preset that is not there: all are made again
  damaged-object     bytes of another size, or with --scrub not those that were stored; left
  stray-upload       bytes or parts of no upload under way: removed
  orphan-object      bytes or a rendition that no record refers to: removed
  wrong-listing      rows of listings that are missing, or not as their record: written anew
  stray-listing      rows of listings of no image: removed
  temporary-file     what was left of bytes on their way: removed
  wrong-count        another count of a user's images and bytes than the records come to: corrected

Nothing that is younger than the longest upload, 25 hours, is changed. Where not one image has its bytes, neither
records nor bytes are removed: more likely the environment names two different homes.

Exit codes: 0 nothing found, or all of it mended; 1 something is left; 2 the command was not understood.
`;

interface Wanted {
  readonly fix: boolean;
  readonly scrub: boolean;
  readonly json: boolean;
}

/** `tintype doctor` */
export async function doctor(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const wanted = read(args);
  if (wanted === 'help') {
    out.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\ntintype doctor --help explains it.\n`);
    return 2;
  }
  try {
    return await examine(wanted, out, errors);
  } catch (error) {
    errors.write(`The doctor has stopped. ${reasonOf(error)}\n`);
    return 1;
  }
}

async function examine({ json, ...wanted }: Wanted, out: Terminal, errors: Terminal): Promise<number> {
  const say = (_fields: object, message: string) => errors.write(`${message}\n`);
  const counts = new Map<string, { found: number; mended: number }>();
  const report = (finding: Finding) => {
    const { found, mended } = counts.get(finding.kind) ?? { found: 0, mended: 0 };
    counts.set(finding.kind, { found: found + 1, mended: mended + (finding.mended ? 1 : 0) });
    out.write(`${json ? JSON.stringify(finding) : lineOf(finding)}\n`);
  };
  const waiting = () =>
    errors.write('Something seems wrong; looking again when what is under way has ended.\n');
  const log = { info() {}, warn: say, error: say };
  const examined = await runExamination({ ...wanted, waiting, report }, log);
  if (json) out.write(`${JSON.stringify(summaryOf(examined))}\n`);
  else out.write(textOf(examined, counts, wanted.fix));
  return examined.found === examined.mended ? 0 : 1;
}

/** What is wanted, or in a sentence what cannot be understood. */
function read(args: readonly string[]): Wanted | 'help' | string {
  try {
    const options = {
      fix: { type: 'boolean', default: false },
      scrub: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    const { help, ...wanted } = parseArgs({ args: [...args], options }).values;
    return help ? 'help' : wanted;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function lineOf({ kind, image_id, user_id, key, name, what, mended }: Finding): string {
  const of = key ?? name ?? (image_id === undefined ? `user ${user_id}` : `image ${image_id}`);
  return `${kind.padEnd(KIND_WIDTH)}  ${of}: ${what}${mended ? '; put right' : ''}`;
}

/** No names of keys here, so that a program tells it from a finding. */
function summaryOf({ kind: home, ...examined }: ExaminedInstallation) {
  return { summary: { home, ...examined } };
}

function textOf(
  { images, objects, users, found, mended, unsettled }: ExaminedInstallation,
  counts: ReadonlyMap<string, { readonly found: number; readonly mended: number }>,
  fix: boolean,
): string {
  const lines: string[] = [];
  if (found > 0) {
    lines.push('', rowOf('', 'found', 'mended', 'left'));
    for (const kind of FINDING_KINDS) {
      const count = counts.get(kind);
      if (count) lines.push(rowOf(kind, count.found, count.mended, count.found - count.mended));
    }
    lines.push('');
  }
  for (const user of unsettled) {
    lines.push(`user ${user} changes something all the time: what is counted of them could not be compared`);
  }
  const looked = `${countOf(images, 'record')}, ${countOf(objects, 'object')}, ${countOf(users, 'user')}`;
  lines.push(`${looked}: ${found === 0 ? 'all is right' : `${found} wrong, ${mended} put right`}`);
  if (found > mended && !fix) lines.push('--fix puts right what can be put right.');
  return `${lines.join('\n')}\n`;
}

const KIND_WIDTH = Math.max(...FINDING_KINDS.map((kind) => kind.length));

function rowOf(kind: string, ...columns: readonly (string | number)[]): string {
  return [kind.padEnd(KIND_WIDTH), ...columns.map((column) => String(column).padStart(8))].join('');
}

const countOf = (count: number, what: string) => `${count} ${count === 1 ? what : `${what}s`}`;
