import { pino } from 'pino';
import type { Log } from '../../src/ports/log.ts';

/** What must be in nothing that is written or answered, whoever reads it. */
const NEVER: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a JSON Web Token', /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/],
  ['credentials of a header', /\b(?:Bearer|Basic) +(?=[\w~+/.-]*\w{6})[\w~+/.-]{8,}=*/],
  [
    'a signature of a URL',
    /\b(?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|Policy|sig)=(?!\*|%2A)[\w%+/~.-]{8,}/i,
  ],
  ['a key in PEM', /-----BEGIN [A-Z ]+-----/],
];

/** What is for operators alone, and there in the error of a log line: nowhere else. */
const OF_ERRORS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a stack', /\bat .{1,200}(?:file:\/\/|\/|node:)[^\s()]{1,200}:\d+:\d+/],
  ['a folder of modules', /node_modules/],
  [
    'a path of this machine',
    /(?:^|[\s"'(=:])\/(?:tmp|dev\/shm|home|work|usr|var|etc|opt|root|private|Users)\/[\w.-]+/,
  ],
];

/** Members of an error, as the log writes it, in which stacks and paths are for operators. */
const OPERATORS = new Set(['stack', 'message', 'path', 'dest']);

/** Members of lines and events that say who somebody is: what people are called may look like a path. */
const NAMES = new Set(['user_id', 'actor', 'caller']);

/** What a text gives away, in words; no part of the text itself. */
export function leaksIn(text: string, secrets: readonly string[] = []): string[] {
  return [...secretsIn(text, secrets), ...matching(text, OF_ERRORS)];
}

function secretsIn(text: string, secrets: readonly string[]): string[] {
  const known = secrets.some((secret) => text.includes(secret)) ? ['a secret of the configuration'] : [];
  return [...known, ...matching(text, NEVER)];
}

function matching(text: string, patterns: typeof NEVER): string[] {
  return patterns.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
}

/** What a line of a log, or an event, gives away: as any text, but for names, and what operators are told of an error. */
export function leaksInLine(line: string, secrets: readonly string[] = []): string[] {
  if (!line.startsWith('{')) return secretsIn(line, secrets);
  const { err, ...fields } = JSON.parse(line, withoutThose) as Record<string, unknown>;
  const shown = JSON.stringify(fields);
  return [
    ...new Set([
      ...secretsIn(line, secrets),
      ...leaksIn(shown, secrets),
      ...leaksIn(JSON.stringify(err) ?? ''),
    ]),
  ];
}

function withoutThose(this: unknown, name: string, value: unknown): unknown {
  const isOfError = typeof this === 'object' && this !== null && 'stack' in this;
  return NAMES.has(name) || (isOfError && OPERATORS.has(name)) ? '' : value;
}

/** Looks at all that a home or a process writes and answers, while it does. */
export interface LeakWatch {
  /** The same log, watched. */
  log(log: Log): Log;
  line(line: string): void;
  text(where: string, text: string): void;
  /** The same object, whose functions are watched for what they are given. */
  given<T extends object>(object: T, name: string, look: (args: unknown[]) => unknown): T;
  /** @throws Error of all that was found since it was last asked. */
  mustBeClean(): void;
}

/**
 * @param secrets must be nowhere; short ones would be found by chance.
 * @param dataDir which the lines about the process itself, that are of no request, may name.
 */
export function watchLeaks(secrets: readonly string[], dataDir?: string): LeakWatch {
  const known = secrets.filter((secret) => secret.length >= 16);
  const found: string[] = [];
  const note = (where: string, leaks: readonly string[], text: string) => {
    if (leaks.length > 0) found.push(`${where} has ${leaks.join(', ')}: ${text.slice(0, 2000)}`);
  };
  const line = (text: string) => {
    const isOfProcess = dataDir !== undefined && !text.includes('"request_id"');
    const shown = isOfProcess ? text.replaceAll(dataDir, 'the data folder') : text;
    note('A line of the log', leaksInLine(shown, known), text);
  };
  const lines = pino({ base: null }, { write: line });
  return {
    line,
    log: (log) => ({
      info: (fields, message) => both(log, 'info', fields, message),
      warn: (fields, message) => both(log, 'warn', fields, message),
      error: (fields, message) => both(log, 'error', fields, message),
    }),
    text: (where, text) => note(where, leaksIn(text, known), text),
    given: (object, name, look) =>
      new Proxy(object, {
        get(target, member) {
          const value: unknown = Reflect.get(target, member, target);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            const shown = look([member, ...args]);
            if (shown !== undefined) {
              const text = JSON.stringify(shown);
              note(name, leaksInLine(text, known), text);
            }
            return Reflect.apply(value, target, args) as unknown;
          };
        },
      }),
    mustBeClean() {
      if (found.length > 0) throw new Error(found.splice(0).join('\n'));
    },
  };

  function both(log: Log, level: 'info' | 'warn' | 'error', fields: object, message: string): void {
    lines[level](fields, message);
    log[level](fields, message);
  }
}
