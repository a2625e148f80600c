import { parseArgs } from 'node:util';
import {
  type ReindexedInstallation,
  type ReindexReport,
  runReindex,
} from '../../../service/src/compose/reindex.ts';
import { reasonOf } from '../reason.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `tintype reindex: makes the search index anew, so that every image is found as its record says.

  tintype reindex

  --json   for programs: what was done as a line of JSON, instead of lines for people
  --help   this text

It is about the installation that the environment names, as for its server: DATA_DIR, or STORAGE=aws with
IMAGES_BUCKET, OPENSEARCH_URL and the rest.

On AWS it makes the index in OpenSearch where there is none, writes every record into it, and removes from it what
has no record. The installation serves and searches meanwhile; it may be run again at any time, and after a break. Run
it when search is switched on over images that are there already, after OpenSearch has lost something, and after
changes were lost (an alarm tells). It reads the whole table of images once: a read unit for each 4 KB.

In a data folder the index is made in one transaction, and its server must not run. It needs that only where
somebody has changed the database by other means.

Exit codes: 0 all images are in the index; 1 some could not be written, or it stopped; 2 the command was not understood.
`;

/** `tintype reindex` */
export async function reindex(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const wanted = read(args);
  if (wanted === 'help') {
    out.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\ntintype reindex --help explains it.\n`);
    return 2;
  }
  const say = (_fields: object, message: string) => errors.write(`${message}\n`);
  try {
    const done = await runReindex(reportTo(errors), { info() {}, warn: say, error: say });
    out.write(wanted.json ? `${JSON.stringify(done)}\n` : textOf(done));
    return done.refused === 0 ? 0 : 1;
  } catch (error) {
    errors.write(`The reindexing has stopped; run it again. ${reasonOf(error)}\n`);
    return 1;
  }
}

/** What is wanted, or in a sentence what cannot be understood. */
function read(args: readonly string[]): { readonly json: boolean } | 'help' | string {
  try {
    const options = {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    const { help, json } = parseArgs({ args: [...args], options }).values;
    return help ? 'help' : { json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A line every so many images. */
const IMAGES_PER_LINE = 10_000;

function reportTo(errors: Terminal): ReindexReport {
  let told = 0;
  return {
    progress(done, expected) {
      if (done - told < IMAGES_PER_LINE) return;
      told = done;
      errors.write(`${done} of about ${expected} images\n`);
    },
    refused({ image_id, cause }) {
      errors.write(`image ${image_id} could not be written: ${JSON.stringify(cause)}\n`);
    },
  };
}

function textOf({ kind, made, images, strays, refused }: ReindexedInstallation): string {
  const lines = [
    ...(made ? ['There was no index: it has been made.'] : []),
    `${countOf(images, 'image')} in the index${kind === 'aws' ? `, ${countOf(strays, 'stray')} removed` : ''}${
      refused > 0 ? `, ${refused} could not be written` : ''
    }`,
  ];
  return `${lines.join('\n')}\n`;
}

const countOf = (count: number, what: string) => `${count} ${count === 1 ? what : `${what}s`}`;
