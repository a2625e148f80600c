import type { AppContext } from '../http/context.ts';

/** Where an installation lives: its parts, opened, and kept by this process until it closes them. */
export interface Home {
  /** For people: where the data lies. */
  readonly data: string;
  /** The application's parts, for callers that reach us at `publicUrl`. */
  contextFor(publicUrl: string): AppContext;
  /** Begins the work that is done apart from requests. */
  startWork(): void;
  close(): Promise<void>;
}
