/** A request of the journey. What it does not say comes from the OpenAPI document. */
export interface Step {
  readonly name: string;
  /** An operation of the document; or the PUT of bytes to the presigned URL in a variable. */
  readonly calls: string | { readonly putTo: string };
  /** Variables in place of those of the path's own names. */
  readonly path?: Readonly<Record<string, string>>;
  /** Parameters that are sent. The others of the operation are there, switched off. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sends?: Sends;
  /** Variables that the answer sets: each by a JavaScript expression over `body` and `pm`. */
  readonly keeps?: Readonly<Record<string, string>>;
  /** What the answer has to say as well: a sentence, and a JavaScript expression over `body` and `pm`. */
  readonly holds?: Readonly<Record<string, string>>;
  /** An expression as above; until it is true the request is sent again, at most 40 times. */
  readonly until?: string;
  /** An answer that is right where the installation is configured otherwise. */
  readonly unless?: { readonly status: number; readonly code: string; readonly because: string };
  /** A remark for whoever sends it by hand. */
  readonly note?: string;
}

export type Sends =
  | { readonly json: Readonly<Record<string, unknown>> }
  | { readonly form: Readonly<Record<string, string>> }
  | { readonly bytes: string };

export interface StepFolder {
  readonly name: string;
  readonly description: string;
  readonly steps: readonly Step[];
}
