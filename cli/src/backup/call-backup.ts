import { parseArgs } from 'node:util';
import type { CopiedInstallation, Finding, RunOptions } from '../../../service/src/compose/backup.ts';
import type { Log } from '../../../service/src/ports/log.ts';
import { reasonOf } from '../reason.ts';
import type { Terminal } from '../terminal.ts';

/** A line every so many images. */
const IMAGES_PER_LINE = 1000;

/** Findings that say that something of the copy is not there, or not as it was. */
const LOSSES: readonly Finding['kind'][] = ['missing-bytes', 'missing-version', 'damaged-object'];

export interface CommandText {
  readonly name: string;
  readonly help: string;
  /** Said before the reason. */
  readonly stopped: string;
}

export interface CopyCommand<Copied extends CopiedInstallation> {
  run(options: RunOptions, log: Log): Promise<Copied>;
  textOf(copied: Copied): string;
}

/** What `backup` and `restore` have in common: arguments, progress, losses, and how they end. */
export async function callBackup<Copied extends CopiedInstallation>(
  { name, help, stopped }: CommandText,
  args: readonly string[],
  out: Terminal,
  errors: Terminal,
  { run, textOf }: CopyCommand<Copied>,
): Promise<number> {
  const wanted = read(args, name);
  if (wanted === 'help') {
    out.write(help);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\ntintype ${name} --help explains it.\n`);
    return 2;
  }
  const say = (_fields: object, message: string) => errors.write(`${message}\n`);
  try {
    const done = await run({ ...wanted, report: reportTo(errors) }, { info: say, warn: say, error: say });
    for (const { image_id, what } of done.lost) errors.write(`image ${image_id}: ${what}\n`);
    for (const { kind, what, image_id, user_id } of done.findings) {
      const of = image_id === undefined ? (user_id ?? '') : `image ${image_id}`;
      errors.write(`the doctor finds ${kind} ${of}: ${what}\n`);
    }
    out.write(wanted.json ? `${JSON.stringify(done)}\n` : textOf(done));
    const isWhole = done.lost.length === 0 && !done.findings.some(({ kind }) => LOSSES.includes(kind));
    return isWhole ? 0 : 1;
  } catch (error) {
    errors.write(`${stopped} ${reasonOf(error)}\n`);
    return 1;
  }
}

type Wanted = Pick<RunOptions, 'folder' | 'scrub'> & { readonly json: boolean };

/** What is wanted, or in a sentence what cannot be understood. */
function read(args: readonly string[], name: string): Wanted | 'help' | string {
  try {
    const options = {
      scrub: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const { help, ...wanted } = values;
    if (help) return 'help';
    const [folder, ...more] = positionals;
    if (!folder || more.length > 0) return `One folder is needed: tintype ${name} FOLDER.`;
    return { folder, ...wanted };
  } catch (error) {
    return reasonOf(error);
  }
}

function reportTo(errors: Terminal): RunOptions['report'] {
  let told = 0;
  return {
    progress(images, bytes) {
      // Of a further round, which is short, nothing is told.
      if (images - told < IMAGES_PER_LINE) return;
      told = images;
      errors.write(`${images} images, ${bytes} bytes copied\n`);
    },
  };
}

export function imagesAndObjects({
  images,
  objects,
}: Pick<CopiedInstallation, 'images' | 'objects'>): string {
  return `${countOf(images, 'image')} with ${countOf(objects, 'object')}`;
}

export const countOf = (count: number, what: string) => `${count} ${count === 1 ? what : `${what}s`}`;
