import { type DomainError, invalidField } from '../../domain/errors.ts';

/** Far above what a part of ours needs: a disposition with a name, a file name, a type. */
const MOST_BYTES = 4096;
const MOST_LINES = 20;

const BLANK_LINE = Buffer.from('\r\n\r\n');
const DASHES = Buffer.from('--');

/**
 * Looks at the headers of a form's parts as they go by. The parser cuts long ones and passes over what is no
 * field of a form, both in silence; here they are counted and measured.
 */
export class PartHeaders {
  readonly #delimiter: Buffer;
  /** The end of what has been seen, which may be the beginning of what is looked for. A form may begin with a delimiter. */
  #rest: Buffer = Buffer.from('\r\n');
  #within: 'body' | 'delimiter' | 'headers' | 'end' = 'body';
  #parts = 0;

  /** @param contentType names the boundary; where it names none that is plain, nothing is looked at. */
  constructor(contentType: string) {
    const [, quoted, bare] = /;[ \t]*boundary=(?:"([^"\\]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
    const boundary = quoted ?? bare;
    if (boundary === undefined) this.#within = 'end';
    this.#delimiter = Buffer.from(`\r\n--${boundary ?? ''}`, 'latin1');
  }

  /** Parts whose headers were whole. */
  get parts(): number {
    return this.#parts;
  }

  /** Looks at the next piece of the body; says what is wrong with it. */
  add(chunk: Uint8Array): DomainError | undefined {
    let data: Buffer = Buffer.concat([this.#rest, chunk]);
    let within: string | undefined;
    // As long as one thing ends another begins.
    while (within !== this.#within && this.#within !== 'end') {
      within = this.#within;
      const rest = this.#take(data);
      if (!Buffer.isBuffer(rest)) return rest;
      data = rest;
    }
    // A copy, so that the piece itself need not be kept.
    this.#rest = Buffer.from(this.#within === 'end' ? '' : data);
    return undefined;
  }

  /** Takes what can be taken off the front. */
  #take(data: Buffer): Buffer | DomainError {
    if (this.#within === 'body') return this.#passBody(data);
    return this.#within === 'delimiter' ? this.#passDelimiter(data) : this.#passHeaders(data);
  }

  #passBody(data: Buffer): Buffer {
    const at = data.indexOf(this.#delimiter);
    if (at < 0) return data.subarray(Math.max(0, data.length - this.#delimiter.length + 1));
    this.#within = 'delimiter';
    return data.subarray(at + this.#delimiter.length);
  }

  #passDelimiter(data: Buffer): Buffer {
    if (data.length < DASHES.length) return data;
    this.#within = data.subarray(0, DASHES.length).equals(DASHES) ? 'end' : 'headers';
    return data;
  }

  #passHeaders(data: Buffer): Buffer | DomainError {
    const head = data.subarray(0, MOST_BYTES + BLANK_LINE.length);
    const end = head.indexOf(BLANK_LINE);
    const cut = head.indexOf(this.#delimiter);
    if (cut >= 0 && (end < 0 || cut < end + BLANK_LINE.length)) {
      return invalidField('body', 'has a part whose headers do not end in an empty line');
    }
    if (end < 0 && data.length <= MOST_BYTES) return data;
    if (end < 0 || end > MOST_BYTES) {
      return invalidField('body', `has a part with more than ${MOST_BYTES} bytes of headers`);
    }
    if (linesIn(head.toString('latin1', 0, end)) > MOST_LINES) {
      return invalidField('body', `has a part with more than ${MOST_LINES} headers`);
    }
    this.#parts++;
    this.#within = 'body';
    return data.subarray(end + BLANK_LINE.length);
  }
}

function linesIn(head: string): number {
  return head.split('\r\n').filter((line) => line !== '').length;
}
