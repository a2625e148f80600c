import { parseArgs } from 'node:util';
import { makeToken } from '../../../service/src/compose/token.ts';
import { SCOPES, type Scope } from '../../../service/src/domain/caller.ts';
import { userIdText } from '../../../service/src/domain/text.ts';
import { reasonOf } from '../reason.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `tintype token: makes a token for development.

  tintype token --user alice
  tintype token --user alice --scopes images:read --hours 1
  tintype token --user root --scopes images:admin

  --user ID        whose
  --scopes LIST    what it allows, with commas: ${SCOPES.join(',')};
                   images:read,images:write if it is not said
  --hours N        how long, 1 to 8760; 12 if it is not said
  --help           this text

The environment must have AUTH=jwt, JWT_ISSUER, JWT_AUDIENCE and JWT_SECRET as the server's has. Whoever has
the secret can make such tokens for everybody: in production let an issuer sign, and give JWT_JWKS_URL.
Exit codes: 0; 1 it could not be done; 2 the command was not understood.
`;

const SECONDS_AN_HOUR = 3600;
const MOST_HOURS = 8760;

interface Wanted {
  readonly user: string;
  readonly scopes: readonly Scope[];
  readonly hours: number;
}

/** `tintype token` */
export async function token(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const wanted = read(args);
  if (wanted === 'help') {
    out.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\ntintype token --help explains it.\n`);
    return 2;
  }
  try {
    out.write(`${await makeToken(wanted.user, wanted.scopes, wanted.hours * SECONDS_AN_HOUR)}\n`);
    return 0;
  } catch (error) {
    errors.write(`${reasonOf(error)}\n`);
    return 1;
  }
}

/** What is wanted, or in a sentence what cannot be understood. */
function read(args: readonly string[]): Wanted | 'help' | string {
  const text = { type: 'string' } as const;
  const options = { user: text, scopes: text, hours: text, help: { type: 'boolean' } } as const;
  let values: { user?: string; scopes?: string; hours?: string; help?: boolean };
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    return reasonOf(error);
  }
  if (values.help === true) return 'help';
  const user = userIdText.safeParse(values.user ?? '');
  if (!user.success) return '--user must say whose token it is: 1 to 128 bytes.';
  const names = (values.scopes ?? 'images:read,images:write').split(',');
  const scopes = SCOPES.filter((scope) => names.includes(scope));
  if (scopes.length !== new Set(names).size) return `--scopes must be some of ${SCOPES.join(',')}.`;
  const hours = Number(values.hours ?? '12');
  if (!Number.isInteger(hours) || hours < 1 || hours > MOST_HOURS)
    return `--hours must be a whole number from 1 to ${MOST_HOURS}.`;
  return { user: user.data, scopes, hours };
}
