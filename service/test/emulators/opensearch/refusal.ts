/** An answer of the emulator that is none of success, as OpenSearch words them. */
export class Refusal extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, reason: string) {
    super(reason);
    this.status = status;
    this.type = type;
  }

  get body(): object {
    return { error: { type: this.type, reason: this.message }, status: this.status };
  }
}

/** Of what OpenSearch may well do, and this does not. */
export function notImplemented(what: string): Refusal {
  return new Refusal(501, 'not_implemented', `The emulator does not do this: ${what}`);
}

export function invalid(reason: string): Refusal {
  return new Refusal(400, 'illegal_argument_exception', reason);
}

export function indexNotFound(name: string): Refusal {
  return new Refusal(404, 'index_not_found_exception', `no such index [${name}]`);
}
