import type { DatabaseSync } from 'node:sqlite';
import { type ImageCommand, ImageWriter } from './image-writer.ts';

/** A change of the database as plain data, for the writing thread; `kind` says of which tables. */
export type WriteCommand = ImageCommand;

/** Applies commands of every kind within a transaction that somebody else opens and commits. */
export class CommandWriter {
  readonly #images: ImageWriter;

  constructor(database: DatabaseSync) {
    this.#images = new ImageWriter(database);
  }

  /**
   * @returns what the command answers, as plain data.
   * @throws DomainError where what is stored does not allow the change.
   */
  apply(command: WriteCommand): unknown {
    return this.#images.apply(command);
  }
}
