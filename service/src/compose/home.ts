import type { AppContext } from '../http/context.ts';

/** How often a server looks for uploads that have ended. */
export const SWEEP_MS = 60_000;

/** Where an installation lives: its parts, opened, and kept by this process until it closes them. */
export interface Home {
  /** For people: where the data lies. */
  readonly data: string;
  /** The application's parts, for callers that reach us at `publicUrl`. */
  contextFor(publicUrl: string): AppContext;
  close(): Promise<void>;
}
