import type { AppContext } from '../http/context.ts';

/** Origins, such as `https://d111111abcdef8.cloudfront.net`. */
export interface BytesOrigins {
  readonly fetched: readonly string[];
  readonly sent: readonly string[];
}

/** Where an installation lives: its parts, opened, and kept by this process until it closes them. */
export interface Home {
  /** For people: where the data lies. */
  readonly data: string;
  /** The application's parts, for callers that reach us at `publicUrl`. */
  contextFor(publicUrl: string): AppContext;
  /** Where images' bytes are fetched and sent, beside the public URL's own origin. */
  readonly bytes: BytesOrigins;
  /** Begins the work that is done apart from requests. */
  startWork(): void;
  close(): Promise<void>;
}
