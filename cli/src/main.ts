import { runCommand } from './run-command.ts';

/** `tintype COMMAND ...` */
const args = process.argv.slice(2);

// What it writes of an installation is nobody else's to read; what is downloaded is as its user's other files are.
if (args[0] !== 'download') process.umask(0o077);

/** As of a program that SIGPIPE has ended (128 + 13), which Node leaves to programs. */
const READER_GONE = 141;

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // Whoever was reading, such as `head`, has enough.
    process.exit(READER_GONE);
  });
}

process.exitCode = await runCommand(args, process.stdout, process.stderr);
