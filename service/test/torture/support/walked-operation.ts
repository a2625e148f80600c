import type { FunctionName } from '../../../src/operations/manifest.ts';
import type { WalkedHome } from './walked-home.ts';

/** What an operation is about in one try. */
export interface Subject {
  readonly user_id: string;
  readonly image_id: string;
  /** What else it is about: the message of a job, the id of a link or of a webhook. */
  readonly other?: string;
  /** What is known of that: a secret, the id of a delivery or of parts. */
  readonly beside?: string;
}

/** An operation of the AWS home whose calls of AWS fail one after the other. */
export interface WalkedOperation {
  readonly name: string;
  /** The function whose calls they are. */
  readonly operation: FunctionName;
  /** What differs from a home with a trash that keeps five versions. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether something is made of images, which takes its time. */
  readonly processes?: true;
  /** Whether it is a message, which is handed out again only where it has failed: others are always tried again. */
  readonly isHandedOut?: true;
  /** Whether only the long form has the time for it. */
  readonly isLong?: true;
  /** What is there before. */
  readonly prepare: (home: WalkedHome, user_id: string) => Promise<Subject>;
  readonly call: (home: WalkedHome, subject: Subject) => Promise<Response>;
  /** What a try is answered when nothing fails, and what the next one may be, which finds it done. */
  readonly succeeds: readonly number[];
  /** How many images there are in the end, wherever they lie. */
  readonly images: number;
  /** What else is to be so once it has been tried again. @param answers of each try. */
  readonly afterwards?: (home: WalkedHome, subject: Subject, answers: readonly Response[]) => Promise<void>;
  /**
   * What else is to be so once all jobs are done.
   * @param at where the request went that met its fate; undefined where there was none.
   */
  readonly inTheEnd?: (home: WalkedHome, subject: Subject, at: string | undefined) => Promise<void>;
}
