import type { Terminal } from './terminal.ts';

/** A command: takes its arguments, says what it does, and resolves with the exit code. */
export type Command = (args: readonly string[], out: Terminal, errors: Terminal) => Promise<number>;

const HELP = `tintype: looks after an installation of Tintype.

  npm run tintype -- COMMAND [OPTIONS]

Commands:
  cost       says what a month on AWS costs, line by line
  doctor     finds, and mends, what failures and crashes have left wrong
  jobs       lists work that has failed for good, and has it tried again
  migrate    moves all images between a data folder and AWS, either way
  quota      shows what a user has and may have, and sets limits of their own
  token      makes a token for development

npm run tintype -- COMMAND --help explains a command.
`;

/** Each is loaded only when it is called. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  cost: async () => (await import('./commands/cost.ts')).cost,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  jobs: async () => (await import('./commands/jobs.ts')).jobs,
  migrate: async () => (await import('./commands/migrate.ts')).migrate,
  quota: async () => (await import('./commands/quota.ts')).quota,
  token: async () => (await import('./commands/token.ts')).token,
};

export async function runCommand(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? errors : out).write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    errors.write(`There is no command ${JSON.stringify(name)}.\n\n${HELP}`);
    return 2;
  }
  const command = await COMMANDS[name]?.();
  return command ? command(rest, out, errors) : 2;
}
