import { createLog } from '../compose/log.ts';
import { loadConfig } from '../config/config.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { startServer } from './server.ts';

/** `npm start`: the server, from the environment, until it is told to stop. */
process.umask(0o077); // What it writes is nobody else's to read, wherever the data folder is.
try {
  const config = loadConfig();
  const log = await createLog(config);
  const starting = startServer(config, log);
  // Before it listens: who reads that it does may stop it in the same moment.
  const stop = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopping: finishing what is in flight');
    starting
      .then((server) => server.stop())
      .then(
        () => log.info({}, 'stopped'),
        (error: unknown) => {
          log.fatal({ err: error }, 'could not stop in an orderly way');
          process.exit(1);
        },
      );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  await starting;
} catch (error) {
  process.stderr.write(`Tintype could not start.\n${remedyOf(error)}\n`);
  process.exitCode = 1;
}

/** A mistake that an operator can mend is a sentence; anything else is a defect, with its stack. */
function remedyOf(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `${error.message}. Stop what listens there, or choose another PORT.`;
  }
  if (error instanceof Error && 'syscall' in error) return `${error.message}.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
