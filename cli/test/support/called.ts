import { runCommand } from '../../src/run-command.ts';
import type { Terminal } from '../../src/terminal.ts';

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** The command within this process. */
export async function called(
  args: readonly string[],
  terminal: Omit<Terminal, 'write'> = {},
): Promise<Called> {
  const [out, errors]: [string[], string[]] = [[], []];
  const code = await runCommand(
    args,
    { ...terminal, write: (text) => out.push(text) },
    { ...terminal, write: (text) => errors.push(text) },
  );
  return { code, out: out.join(''), errors: errors.join('') };
}

/** The same, with a server's address. */
export function calledAt(url: string) {
  return (...args: string[]) => called([...args, '--url', url]);
}

/** The lines of JSON that a command has printed. */
export function jsonLines(out: string): Record<string, unknown>[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
