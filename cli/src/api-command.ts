import { type ParseArgsConfig, parseArgs } from 'node:util';
import { connectTo, SERVER_OPTIONS, type Server, serverFrom, type Tintype } from './connection.ts';
import { failureText } from './failure-text.ts';
import { reasonOf } from './reason.ts';
import type { Command } from './run-command.ts';
import type { Terminal } from './terminal.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What was given for the options, and the words beside them. */
export interface Given<O extends Options> {
  readonly values: ReturnType<typeof parseArgs<{ options: O & typeof SERVER_OPTIONS }>>['values'];
  readonly words: readonly string[];
}

/** What a command that talks to a server works with. */
export interface Session {
  readonly tintype: Tintype;
  readonly server: Server;
  /** For programs, instead of for people. */
  readonly json: boolean;
  readonly out: Terminal;
  readonly errors: Terminal;
}

export interface ApiCommand<O extends Options, Wanted> {
  readonly name: string;
  readonly help: string;
  /** Beside those that all have. */
  readonly options: O;
  /** What is wanted, or in a sentence what cannot be understood. */
  readonly read: (given: Given<O>) => Wanted | string;
  /** Does it, and resolves with the exit code; what it throws is told in plain words, with exit code 1. */
  readonly run: (wanted: Wanted, session: Session) => Promise<number>;
}

/** A command that talks to a server. */
export function apiCommand<const O extends Options, Wanted extends object>(
  command: ApiCommand<O, Wanted>,
): Command {
  return async (args, out, errors) => {
    const understood = understand(command, args);
    if (understood === 'help') {
      out.write(command.help);
      return 0;
    }
    if (typeof understood === 'string') {
      errors.write(`${understood}\ntintype ${command.name} --help explains it.\n`);
      return 2;
    }
    const { wanted, server, json } = understood;
    try {
      return await command.run(wanted, { tintype: connectTo(server), server, json, out, errors });
    } catch (error) {
      errors.write(`${failureText(error, server)}\n`);
      return 1;
    }
  };
}

interface Understood<Wanted> {
  readonly wanted: Wanted;
  readonly server: Server;
  readonly json: boolean;
}

function understand<O extends Options, Wanted extends object>(
  { options, read }: ApiCommand<O, Wanted>,
  args: readonly string[],
): Understood<Wanted> | string {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: [...args],
      options: { ...options, ...SERVER_OPTIONS },
      allowPositionals: true,
    });
  } catch (error) {
    return reasonOf(error);
  }
  // parseArgs gives what the options say, whose names and types are not known here.
  const values = parsed.values as Given<O>['values'] & Given<Record<never, never>>['values'];
  if (values.help) return 'help';
  const server = serverFrom(values);
  if (typeof server === 'string') return server;
  const wanted = read({ values, words: parsed.positionals });
  return typeof wanted === 'string' ? wanted : { wanted, server, json: values.json };
}

/** The one image that a command is about, or in a sentence what is wrong. */
export function oneImage(words: readonly string[]): { readonly image_id: string } | string {
  const [image_id, ...more] = words;
  if (image_id === undefined || more.length > 0)
    return 'The id of one image is needed; `tintype list` shows them.';
  return isImageId(image_id) ? { image_id } : notAnId(image_id);
}

/** Ids as the service makes them (UUIDv7); nothing else may stand in an address. */
export function isImageId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

export function notAnId(text: string): string {
  return `${JSON.stringify(text)} is not the id of an image; \`tintype list\` shows them.`;
}

/** A whole number from one to another, or undefined where it is none. */
export function wholeNumber(text: string, least: number, most: number): number | undefined {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : undefined;
}
