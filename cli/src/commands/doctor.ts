import { parseArgs } from 'node:util';
import { type RecountedHome, runRecount, type WrongUsage } from '../../../service/src/compose/maintenance.ts';
import { reasonOf } from '../reason.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `tintype doctor: finds what failures and crashes have left wrong, and mends it.

  npm run tintype -- doctor
  npm run tintype -- doctor --mend

  --mend   puts right what is wrong; without it, it is only said
  --help   this text

It is about the installation that the environment names, as for its server: DATA_DIR, or STORAGE=aws with
IMAGES_BUCKET and the rest.

Quotas: counts the images and bytes of every user from the records. On AWS what is counted of a user can be
wrong after a failure of the network or of a function. It may serve meanwhile: a difference is looked at a
second time, after whatever was under way has ended. In a data folder the counts are written together with
the records; they are checked all the same, and to mend, its server must not run.

Exit codes: 0 all is right, or has been put right; 1 it is not; 2 the command was not understood.
`;

/** `npm run tintype -- doctor` */
export async function doctor(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const wanted = read(args);
  if (wanted === 'help') {
    out.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\nnpm run tintype -- doctor --help explains it.\n`);
    return 2;
  }
  const say = (_fields: object, message: string) => errors.write(`${message}\n`);
  const waiting = () => {
    out.write('quotas: there are differences; looking again when what is under way has ended\n');
  };
  try {
    const recount = await runRecount(wanted.mend, waiting, { info() {}, warn: say, error: say });
    out.write(textOf(recount));
    return recount.unsettled.length === 0 && recount.wrong.every(({ mended }) => mended) ? 0 : 1;
  } catch (error) {
    errors.write(`The doctor has stopped. ${reasonOf(error)}\n`);
    return 1;
  }
}

/** What is wanted, or in a sentence what cannot be understood. */
function read(args: readonly string[]): { readonly mend: boolean } | 'help' | string {
  try {
    const options = {
      mend: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    return values.help ? 'help' : { mend: values.mend };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function textOf({ kind, users, images, wrong, unsettled }: RecountedHome): string {
  const lines = wrong.map(lineOf);
  for (const user of unsettled) {
    lines.push(`user ${user}: has changed meanwhile, and was not counted to the end; run it again`);
  }
  const open = wrong.filter(({ mended }) => !mended).length;
  const state =
    wrong.length + unsettled.length === 0
      ? `the counts are right${kind === 'embedded' ? '; they are written together with the records' : ''}`
      : `${wrong.length} wrong, ${wrong.length - open} mended, ${unsettled.length} to be counted again`;
  lines.push(`quotas: ${countOf(users, 'user')}, ${countOf(images, 'image')}: ${state}`);
  if (open > 0) lines.push('--mend puts right what is wrong.');
  return `${lines.join('\n')}\n`;
}

function lineOf({ user_id, seen, counted, mended }: WrongUsage): string {
  const difference =
    `counted are ${countOf(seen.images, 'image')} and ${countOf(seen.bytes, 'byte')}, ` +
    `there are ${countOf(counted.images, 'image')} and ${countOf(counted.bytes, 'byte')}`;
  return `user ${user_id}: ${difference}${mended ? '; put right' : ''}`;
}

const countOf = (count: number, what: string) => `${count} ${count === 1 ? what : `${what}s`}`;
