#!/usr/bin/env node
// The command `tintype`, in syntax that old releases of Node can parse: it may be called by whichever Node the
// machine has. What it starts needs the one that `npm ci` has installed beside the other packages.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const WANTED = 24;
const HERE = dirname(fileURLToPath(import.meta.url));
const GUARD = join(HERE, '..', '..', 'scripts', 'require-node.mjs');
const MAIN = join(HERE, '..', 'src', 'main.ts');

/** Node 24 or later: this one, or the one in the nearest `node_modules`. */
function nodeToRun() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED) return process.execPath;
  for (let folder = HERE; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', '.bin', 'node');
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) return undefined;
  }
}

const node = nodeToRun();
// Says what to do, and ends the process.
if (node === undefined) await import(pathToFileURL(GUARD).href);
else run(node);

/** What `npm run tintype` hands to Node. */
function run(path) {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    pathToFileURL(GUARD).href,
    MAIN,
    ...process.argv.slice(2),
  ];
  // In place of this process, where Node can do that: signals then reach the command itself.
  if (typeof process.execve === 'function') process.execve(path, [path, ...args], process.env);
  const child = spawn(path, args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; whoever sends a signal to this process alone means the command.
  const isInTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  process.on('SIGINT', () => isInTerminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`tintype could not be started with ${path}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('close', (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}
