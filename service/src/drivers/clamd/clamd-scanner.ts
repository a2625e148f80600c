import type { ClamdAddress } from '../../domain/clamd-address.ts';
import { type DomainError, unavailable } from '../../domain/errors.ts';
import type { ScannedObject, Scanner, Verdict } from '../../ports/scanner.ts';
import { readable, saysTooLarge, verdictIn } from './clamd-answer.ts';
import { ClamdConnection, type ClamdLimits, type Ending } from './clamd-connection.ts';

export interface ClamdScannerOptions {
  readonly address: ClamdAddress;
  /** How long it may take until there is a connection; 5 seconds. */
  readonly connectMs?: number | undefined;
  /**
   * How long it may take until the next piece has been sent or the answer comes; 60 seconds. Keep it below clamd's
   * `MaxScanTime` (2 minutes), after which it says OK of what it has not looked at, and below its `ReadTimeout`.
   */
  readonly progressMs?: number | undefined;
  /**
   * The longest object that clamd looks at: the less of its `StreamMaxLength` and `MaxFileSize`; 25 MiB, as Debian
   * sets both. Of anything longer than `MaxFileSize` clamd says OK without having looked at it.
   */
  readonly maxBytes?: number | undefined;
}

const MIB = 1024 * 1024;
const DEFAULTS = { connectMs: 5000, progressMs: 60_000, maxBytes: 25 * MIB };

const INSTREAM = Buffer.from('zINSTREAM\0');
const PING = Buffer.from('zPING\0');
const PONG = 'PONG\0';

/** clamd reads a piece as a whole before it looks at the next. */
const LONGEST_PIECE = 64 * 1024;
/** A piece of no bytes ends the object. */
const LAST_PIECE = Buffer.alloc(4);

/**
 * Verdicts of ClamAV's daemon, asked by its command INSTREAM over TCP or a Unix socket, one connection an object.
 * The connection is neither encrypted nor authenticated: whoever can answer in clamd's place decides.
 */
export function createClamdScanner(options: ClamdScannerOptions): Scanner {
  return new ClamdScanner(options);
}

class ClamdScanner implements Scanner {
  readonly #address: ClamdAddress;
  readonly #limits: ClamdLimits;
  readonly #maxBytes: number;

  constructor(options: ClamdScannerOptions) {
    this.#address = options.address;
    this.#limits = {
      connectMs: options.connectMs ?? DEFAULTS.connectMs,
      progressMs: options.progressMs ?? DEFAULTS.progressMs,
    };
    this.#maxBytes = options.maxBytes ?? DEFAULTS.maxBytes;
  }

  async scan(object: ScannedObject): Promise<Verdict> {
    if (object.size_bytes > this.#maxBytes) return { verdict: 'unscannable', reason: 'too_large' };
    return this.#converse(async (connection) => {
      const sentAll = await sendObject(connection, object);
      const ending = await connection.ending;
      // It says so and breaks off, with bytes on their way to it.
      if (saysTooLarge(ending.said)) return { verdict: 'unscannable', reason: 'too_large' };
      const verdict = sentAll && !ending.failure ? verdictIn(ending.said) : undefined;
      if (verdict === undefined) throw noAnswer(ending);
      return verdict;
    });
  }

  async check(): Promise<void> {
    await this.#converse(async (connection) => {
      const sent = await connection.send(PING);
      const ending = await connection.ending;
      if (!sent || ending.failure || ending.said !== PONG) throw noAnswer(ending);
    });
  }

  async #converse<Result>(talk: (connection: ClamdConnection) => Promise<Result>): Promise<Result> {
    const connection = await ClamdConnection.open(this.#address, this.#limits).catch((error: unknown) => {
      throw unavailable('The scanner cannot be reached now.', error);
    });
    try {
      return await talk(connection);
    } finally {
      connection.close();
    }
  }
}

/** False where clamd had something to say, or was gone, before it had been sent everything. */
async function sendObject(connection: ClamdConnection, object: ScannedObject): Promise<boolean> {
  if (!(await connection.send(INSTREAM))) return false;
  const source = object.stream()[Symbol.asyncIterator]();
  let left = object.size_bytes;
  let done = false;
  try {
    for (;;) {
      const next = await connection.unlessOver(source.next());
      if (next === undefined) return false;
      done = next.done === true;
      if (next.done) break;
      left -= next.value.length;
      if (left < 0) break;
      for (const [head, piece] of piecesOf(next.value)) {
        if (!(await connection.send(head, piece))) return false;
      }
    }
    // What was scanned would not be what is stored.
    if (left !== 0) throw wrongLength(object, left);
    return await connection.send(LAST_PIECE);
  } finally {
    if (!done) giveUp(source);
  }
}

/** As clamd takes bytes: in pieces, each after its length in four bytes. Never an empty one. */
function* piecesOf(bytes: Uint8Array): Generator<readonly [head: Uint8Array, piece: Uint8Array]> {
  for (let at = 0; at < bytes.length; at += LONGEST_PIECE) {
    const piece = bytes.subarray(at, at + LONGEST_PIECE);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(piece.length);
    yield [head, piece];
  }
}

/** Not waited for, since a source that stands still would hold us too; the outcome is known without it. */
function giveUp(source: AsyncIterator<Uint8Array>): void {
  Promise.resolve(source.return?.()).catch(() => {});
}

function wrongLength({ key, size_bytes }: ScannedObject, left: number): DomainError {
  const found = left > 0 ? `${size_bytes - left} bytes` : 'more';
  const cause = new Error(`${key} has ${size_bytes} bytes, and ${found} came to be scanned.`);
  return unavailable('The object could not be read for the scanner.', cause);
}

function noAnswer({ said, failure }: Ending): DomainError {
  const cause = new Error(`clamd said ${JSON.stringify(readable(said))}.`, failure && { cause: failure });
  return unavailable('The scanner gave no verdict.', cause);
}
