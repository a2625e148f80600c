import type { Session } from '../api-command.ts';
import { failureText } from '../failure-text.ts';
import type { FoundImages, LocalImage } from './find-images.ts';
import {
  failedLine,
  finishedJson,
  finishedLine,
  NOTHING_YET,
  summaryJson,
  summaryText,
  type Tally,
  tallied,
} from './print-upload.ts';
import { FileFailure } from './store-image.ts';
import { UploadProgress } from './upload-progress.ts';
import type { FinishedFile } from './upload-run.ts';

/** What a run tells: each file as it is done with, how far it has come, and at the end what it has come to. */
export class UploadReport {
  readonly #session: Session;
  readonly #found: FoundImages;
  readonly #progress: UploadProgress | undefined;
  #tally: Tally = NOTHING_YET;
  readonly #failures: { readonly path: string; readonly error: unknown }[];

  constructor(session: Session, found: FoundImages) {
    const { json, errors } = session;
    this.#session = session;
    this.#found = found;
    // Programs count for themselves.
    this.#progress = json && !errors.isTTY ? undefined : new UploadProgress(errors, found.images);
    this.#failures = found.problems.map(({ path, reason }) => ({ path, error: new FileFailure(reason) }));
  }

  sent(file: LocalImage, bytes: number): void {
    this.#progress?.sent(file, bytes);
  }

  finished(finished: FinishedFile): void {
    const { json, out, server } = this.#session;
    const { file, result } = finished;
    this.#tally = tallied(this.#tally, finished);
    if (result.outcome === 'failed') this.#failures.push({ path: file.path, error: result.error });
    const line = json ? finishedJson(finished, server) : finishedLine(finished);
    if (line !== undefined) {
      this.#progress?.clear();
      out.write(`${line}\n`);
    }
    if (result.outcome !== 'stopped') this.#progress?.done(file);
  }

  /**
   * @param endedBy what kept the run from trying the rest.
   * @returns whether every image that was named or found is there.
   */
  end(endedBy: unknown, isStopped: boolean): boolean {
    const { json, out, errors, server } = this.#session;
    this.#progress?.clear();
    const tally = { ...this.#tally, counts: { ...this.#tally.counts, failed: this.#failures.length } };
    out.write(`${json ? summaryJson(tally, this.#found) : summaryText(tally, this.#found)}\n`);
    const ownFaults = this.#failures.filter(({ error }) => error !== endedBy);
    if (ownFaults.length > 0) {
      const lines = ownFaults.map(({ path, error }) => failedLine(path, error, server));
      errors.write(`Not uploaded:\n${lines.join('\n')}\n`);
    }
    if (endedBy !== undefined) errors.write(`${failureText(endedBy, server)}\n`);
    if (endedBy !== undefined || isStopped) {
      errors.write('Not all was uploaded. The same command, given again, goes on from here.\n');
    }
    return this.#failures.length === 0 && tally.counts.stopped === 0;
  }
}
