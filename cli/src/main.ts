import { runCommand } from './run-command.ts';

/** `npm run tintype -- COMMAND ...` */
process.umask(0o077); // What it writes is nobody else's to read.
process.exitCode = await runCommand(process.argv.slice(2), process.stdout, process.stderr);
