import { parseArgs } from 'node:util';
import { type MigrationSummary, type Place, runMigration } from '../../../service/src/compose/migration.ts';
import { OperatorError } from '../../../service/src/domain/operator-error.ts';
import { type ProgressLines, progressLines } from '../progress-lines.ts';
import { reasonOf } from '../reason.ts';
import { bytesText, type Terminal } from '../terminal.ts';

const HELP = `tintype migrate: copies all images, with their records as they are, from one home to the other.

  tintype migrate --from ./data --to aws
  tintype migrate --from aws --to ./data

  --from PLACE     a data folder, or aws
  --to PLACE       the same; a folder is made where there is none
  --delete         removes at the target every image that the source does not have
  --at-once N      images copied at a time, 1 to 64 (8 unless given)
  --help           this text

aws is the home that the environment names: IMAGES_BUCKET (required), IMAGES_TABLE, LISTINGS_TABLE, LEDGER_TABLE,
LISTING_SHARDS, JOBS_QUEUE_URL and JOB_QUEUES, with region, credentials and endpoints as the AWS SDK reads them
(AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL, ...). Bucket and tables must be there. A folder that is called aws is
written ./aws.

Ids, times, versions, revisions and owners stay as they are. Former versions come along, presets, and what lies in
the trash; renditions of other sizes are made again when they are asked for. What the source has not scanned or
processed yet, the target's server does: on AWS at once where JOBS_QUEUE_URL names its queue, otherwise some minutes
after its start. Nothing is changed at the source, and its server may go on serving; the server of a target folder
must not run. The SHA-256 of all versions' bytes is checked on the way.
A run that was cut off goes on where it stopped when it is started again: what is there is not copied again.
Who did what is not carried over: the source's audit stays at the source. Nor are share links: make them anew.

To move without losing anything: run it while the source serves; run it again, which carries over what
has changed, until little is left; stop the source, run it a last time with --delete, which also carries over
deletions; start the server over the target. Without --delete, images that are gone at the source stay at
the target, and the run says how many. Mind that --delete also removes what was uploaded to the target itself.

It ends with what each side holds. Exit codes: 0 both hold the same; 1 they differ, or the run could not be
finished; 2 the command was not understood.
`;

const MOST_AT_ONCE = 64;

interface Wanted {
  readonly from: Place;
  readonly to: Place;
  readonly deleteGone: boolean;
  readonly atOnce: number;
}

export async function migrate(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const wanted = read(args);
  if (wanted === 'help') {
    out.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\ntintype migrate --help explains it.\n`);
    return 2;
  }
  const lines = progressLines(out);
  try {
    const summary = await run(wanted, lines);
    lines.end();
    out.write(textOf(summary));
    return summary.complete ? 0 : 1;
  } catch (error) {
    lines.end();
    errors.write(`The migration has stopped. ${reasonOf(error)}\n`);
    if (!(error instanceof OperatorError)) errors.write('Run it again: it goes on from here.\n');
    return 1;
  }
}

function run({ from, to, deleteGone, atOnce }: Wanted, lines: ProgressLines): Promise<MigrationSummary> {
  const report = {
    progress: lines.show,
    problem: ({ image_id, message }: { image_id: string; message: string }) =>
      lines.say(`image ${image_id} ${message}`),
  };
  const say = (_fields: object, message: string) => lines.say(message);
  return runMigration(from, to, { deleteGone, atOnce }, report, { info() {}, warn: say, error: say });
}

/** What is wanted, or in a sentence what cannot be understood. */
function read(args: readonly string[]): Wanted | 'help' | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        delete: { type: 'boolean', default: false },
        'at-once': { type: 'string', default: '8' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    if (!values.from || !values.to) return 'Both --from and --to are needed: a data folder, or aws.';
    const atOnce = /^\d{1,2}$/.test(values['at-once']) ? Number(values['at-once']) : 0;
    if (atOnce < 1 || atOnce > MOST_AT_ONCE) return `--at-once must be a number from 1 to ${MOST_AT_ONCE}.`;
    return { from: placeOf(values.from), to: placeOf(values.to), deleteGone: values.delete, atOnce };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function placeOf(text: string): Place {
  return text === 'aws' ? { kind: 'aws' } : { kind: 'embedded', folder: text };
}

function textOf(summary: MigrationSummary): string {
  const { source, target, onlyAtTarget, problems } = summary;
  const row = (name: string, { images, objects, bytes }: MigrationSummary['source']) =>
    `${name}: ${imagesText(images)}, ${objects} objects, ${bytes} bytes (${bytesText(bytes)})`;
  const lines = [
    `copied ${imagesText(summary.copied)} (${bytesText(summary.copiedBytes)}), ` +
      `${summary.alreadyThere} were there already, ${summary.deleted} deleted`,
    row('source', source),
    row('target', target),
  ];
  const strays = source.strays + target.strays;
  if (strays > 0)
    lines.push(
      `not counted, objects of no image: ${source.strays} at the source, ${target.strays} at the target`,
    );
  if (onlyAtTarget > 0) {
    lines.push(
      `at the target only: ${imagesText(onlyAtTarget)}; --delete removes what the source does not have`,
    );
  }
  if (problems > 0) lines.push(`not carried over as it is at the source: ${problems} in all, named above`);
  lines.push(
    summary.complete
      ? 'Both sides hold the same.'
      : 'The two sides differ. If the source has changed meanwhile, run it again.',
  );
  return `${lines.join('\n')}\n`;
}

const imagesText = (count: number) => `${count} ${count === 1 ? 'image' : 'images'}`;
