import { parseArgs } from 'node:util';
import { runQuota, type UserQuota } from '../../../service/src/compose/maintenance.ts';
import { OperatorError } from '../../../service/src/domain/operator-error.ts';
import { limitsOf, type OwnLimits } from '../../../service/src/domain/quota.ts';
import { userIdText } from '../../../service/src/domain/text.ts';
import { reasonOf } from '../reason.ts';
import { bytesText, type Terminal } from '../terminal.ts';

const HELP = `tintype quota: shows what a user has and may have, and sets limits of their own.

  tintype quota --user alice
  tintype quota --user alice --max-images 10000 --max-bytes 50GB
  tintype quota --user alice --max-bytes default

  --user ID         whose
  --max-images N    most images: a number, none (no limit) or default (what everybody has)
  --max-bytes SIZE  most bytes: a number, with KB, MB, GB or TB (thousands) if you like, none or default
  --help            this text

It is about the installation that the environment names, as for its server: DATA_DIR, or STORAGE=aws with
IMAGES_BUCKET and the rest. What everybody has are MAX_IMAGES_PER_USER and MAX_BYTES_PER_USER. A lower limit
removes nothing. To set limits in a data folder, its server must not run; to see them it may.
Exit codes: 0; 1 it could not be done; 2 the command was not understood.
`;

interface Wanted {
  readonly user: string;
  readonly change: Partial<OwnLimits>;
}

/** `tintype quota` */
export async function quota(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const wanted = read(args);
  if (wanted === 'help') {
    out.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\ntintype quota --help explains it.\n`);
    return 2;
  }
  const say = (_fields: object, message: string) => errors.write(`${message}\n`);
  try {
    const log = { info() {}, warn: say, error: say };
    out.write(textOf(wanted.user, await runQuota(wanted.user, wanted.change, log)));
    return 0;
  } catch (error) {
    errors.write(`${reasonOf(error)}\n`);
    return 1;
  }
}

/** What is wanted, or in a sentence what cannot be understood. */
function read(args: readonly string[]): Wanted | 'help' | string {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        user: text,
        'max-images': text,
        'max-bytes': text,
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    if (values.user === undefined) return '--user is needed: whose quota it is about.';
    const user = userIdText.safeParse(values.user);
    if (!user.success) return `--user ${user.error.issues[0]?.message}.`;
    const images = limitFrom('--max-images', values['max-images'], numberFrom);
    const bytes = limitFrom('--max-bytes', values['max-bytes'], sizeFrom);
    const change = {
      ...(images ? { max_images: images.limit } : {}),
      ...(bytes ? { max_bytes: bytes.limit } : {}),
    };
    return { user: user.data, change };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A limit as it was given; undefined where none was. What is `default` is not the user's own any more. */
function limitFrom(
  option: string,
  text: string | undefined,
  read: (text: string) => number,
): { readonly limit: number | null | undefined } | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return { limit: null };
  if (text === 'default') return { limit: undefined };
  const limit = read(text);
  if (Number.isInteger(limit) && limit >= 0 && limit <= LARGEST) return { limit };
  throw new OperatorError(
    `${option} must be a whole number${read === sizeFrom ? ' or a size' : ''}, none or default.`,
  );
}

/** Far from where numbers are no longer exact. */
const LARGEST = 999_999_999_999_999;

function numberFrom(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

function sizeFrom(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,15}(?:\.\d+)?)(?:([KMGT])B)?$/.exec(text) ?? [];
  return Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN));
}

function textOf(user: string, { usage, defaults }: UserQuota): string {
  const { max_images, max_bytes } = limitsOf(usage.limits, defaults);
  const whose = (own: number | null | undefined) => (own === undefined ? 'as everybody' : 'their own');
  const most = (limit: number | null) => (limit === null ? 'no limit' : `of ${limit}`);
  return [
    `user ${user}`,
    `images: ${usage.images}, ${most(max_images)} (${whose(usage.limits.max_images)})`,
    `bytes: ${usage.bytes}, ${most(max_bytes)} (${whose(usage.limits.max_bytes)}); ${bytesText(usage.bytes)} used`,
    '',
  ].join('\n');
}
