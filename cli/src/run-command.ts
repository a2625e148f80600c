import type { Terminal } from './terminal.ts';

/** A command: takes its arguments, says what it does, and resolves with the exit code. */
export type Command = (args: readonly string[], out: Terminal, errors: Terminal) => Promise<number>;

const HELP = `tintype: keeps images, finds them, and looks after an installation of Tintype.

  tintype COMMAND [OPTIONS]

In a copy of the repository npx tintype COMMAND calls it, or npm run tintype -- COMMAND.

Commands: images, at a server (--url or TINTYPE_URL says which; http://127.0.0.1:3000 if neither does)
  upload     uploads files and folders, each image once
  list       lists images
  search     finds images by words
  show       shows all that is known of an image
  download   downloads images
  update     changes title, description and tags
  delete     deletes images

Commands: an installation, where its data is (the environment says which, as for the server)
  serve      runs the server
  backup     copies a data folder while its server goes on
  restore    makes a data folder of a backup
  cost       says what a month on AWS costs, line by line
  doctor     finds, and mends, what failures and crashes have left wrong
  jobs       lists work that has failed for good, and has it tried again
  migrate    moves all images between a data folder and AWS, either way
  quota      shows what a user has and may have, and sets limits of their own
  reindex    makes the search index anew
  token      makes a token for development

tintype COMMAND --help explains a command, with examples.
`;

/** Each is loaded only when it is called. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  backup: async () => (await import('./commands/backup.ts')).backup,
  cost: async () => (await import('./commands/cost.ts')).cost,
  delete: async () => (await import('./commands/delete.ts')).deleteImages,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  download: async () => (await import('./commands/download.ts')).download,
  jobs: async () => (await import('./commands/jobs.ts')).jobs,
  list: async () => (await import('./commands/list.ts')).list,
  migrate: async () => (await import('./commands/migrate.ts')).migrate,
  quota: async () => (await import('./commands/quota.ts')).quota,
  reindex: async () => (await import('./commands/reindex.ts')).reindex,
  restore: async () => (await import('./commands/restore.ts')).restore,
  search: async () => (await import('./commands/search.ts')).search,
  serve: async () => (await import('./commands/serve.ts')).serve,
  show: async () => (await import('./commands/show.ts')).show,
  token: async () => (await import('./commands/token.ts')).token,
  update: async () => (await import('./commands/update.ts')).update,
  upload: async () => (await import('./commands/upload.ts')).upload,
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
