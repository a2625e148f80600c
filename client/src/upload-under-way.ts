import type { Connection } from './connection.ts';
import type { Progress } from './progress.ts';
import type { SendBytes } from './transport.ts';

/** An upload under way. */
export interface Upload {
  readonly connection: Connection;
  readonly bytes: Blob;
  readonly fields: {
    readonly [Name in 'user_id' | 'filename' | 'title' | 'description' | 'checksum_sha256']?:
      | string
      | undefined;
  } & { readonly tags?: readonly string[] | undefined };
  readonly contentType: string;
  readonly key: string;
  /** The caller has the key, and may come back with it. */
  readonly mayBeTakenUp: boolean;
  readonly progress: Progress;
  readonly sendBytes: SendBytes;
  readonly signal: AbortSignal | undefined;
}
