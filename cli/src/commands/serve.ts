import { parseArgs } from 'node:util';
import { reasonOf } from '../reason.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `tintype serve: runs the server, as npm start does.

  tintype serve
  tintype serve --port 8080 --data /var/lib/tintype

  --port N         the port to listen on, in place of PORT; 0 takes any free one
  --data FOLDER    the data folder, in place of DATA_DIR; made if need be
  --help           this text

Everything else comes from the environment: README.md, under "Configuration", lists it. Without any it listens on
http://127.0.0.1:3000, for this machine only, and keeps its data in ./data. Ctrl-C, or SIGTERM, finishes what is in
flight and stops. Exit codes: 0 stopped; 1 it could not start or serve; 2 the command was not understood.
`;

/** `tintype serve` */
export async function serve(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  const wanted = read(args);
  if (wanted === 'help') {
    out.write(HELP);
    return 0;
  }
  if (typeof wanted === 'string') {
    errors.write(`${wanted}\ntintype serve --help explains it.\n`);
    return 2;
  }
  // The server reads its environment, and says what is wrong with it.
  Object.assign(process.env, wanted);
  const { serveUntilStopped } = await import('../../../service/src/entry/serve.ts');
  await serveUntilStopped();
  return Number(process.exitCode ?? 0);
}

/** The variables that are set by options, or in a sentence what cannot be understood. */
function read(args: readonly string[]): Readonly<Record<string, string>> | 'help' | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    // An empty variable counts as one that is not set, which an option cannot mean.
    if (values.port === '' || values.data === '') return '--port and --data must not be empty.';
    return {
      ...(values.port === undefined ? {} : { PORT: values.port }),
      ...(values.data === undefined ? {} : { DATA_DIR: values.data }),
    };
  } catch (error) {
    return reasonOf(error);
  }
}
