import type { Logger } from 'pino';
import { createLog } from '../compose/log.ts';
import { loadServerConfig } from '../config/server.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { type RunningServer, startServer } from './server.ts';

/**
 * Serves from the environment until SIGTERM or SIGINT, and finishes what is in flight. Resolves when all is
 * over; a start that fails says why on standard error and sets the exit code.
 */
export async function serveUntilStopped(): Promise<void> {
  process.umask(0o077); // What it writes is nobody else's to read, wherever the data folder is.
  // Before it listens: who reads that it does may stop it in the same moment.
  const signalled = stopSignal();
  try {
    const config = loadServerConfig();
    const log = await createLog(config);
    const server = await startServer(config, log);
    await stopOn(signalled, server, log);
  } catch (error) {
    process.stderr.write(`Tintype could not start.\n${remedyOf(error)}\n`);
    process.exitCode = 1;
  }
}

async function stopOn(signalled: Promise<NodeJS.Signals>, server: RunningServer, log: Logger): Promise<void> {
  log.info({ signal: await signalled }, 'stopping: finishing what is in flight');
  try {
    await server.stop();
    log.info({}, 'stopped');
  } catch (error) {
    log.fatal({ err: error }, 'could not stop in an orderly way');
    process.exit(1);
  }
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
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
