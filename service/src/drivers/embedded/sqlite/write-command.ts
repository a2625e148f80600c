import type { DatabaseSync } from 'node:sqlite';
import { type AuditCommand, AuditWriter, isAuditCommand } from './audit-writer.ts';
import { type ImageCommand, ImageWriter } from './image-writer.ts';
import { isJobCommand, type JobCommand, JobWriter } from './job-writer.ts';
import { isKeyCommand, type KeyCommand, KeyWriter } from './key-writer.ts';
import { isLinkCommand, type LinkCommand, LinkWriter } from './link-writer.ts';
import { isListingCommand, type ListingCommand, ListingWriter } from './listing-writer.ts';
import { isQuotaCommand, type QuotaCommand, QuotaWriter } from './quota-writer.ts';
import { isRunCommand, type RunCommand, RunWriter } from './run-writer.ts';
import { isWebhookCommand, type WebhookCommand, WebhookWriter } from './webhook-writer.ts';

/** A change of the database as plain data, for the writing thread; `kind` says of which tables. */
export type WriteCommand =
  | AuditCommand
  | ImageCommand
  | JobCommand
  | KeyCommand
  | LinkCommand
  | ListingCommand
  | QuotaCommand
  | RunCommand
  | WebhookCommand;

/** Applies commands of every kind within a transaction that somebody else opens and commits. */
export class CommandWriter {
  readonly #audit: AuditWriter;
  readonly #images: ImageWriter;
  readonly #jobs: JobWriter;
  readonly #keys: KeyWriter;
  readonly #links: LinkWriter;
  readonly #listings: ListingWriter;
  readonly #quotas: QuotaWriter;
  readonly #run: RunWriter;
  readonly #webhooks: WebhookWriter;

  constructor(database: DatabaseSync) {
    this.#jobs = new JobWriter(database);
    this.#audit = new AuditWriter(database);
    this.#images = new ImageWriter(database, this.#jobs, this.#audit);
    this.#keys = new KeyWriter(database);
    this.#links = new LinkWriter(database, this.#audit);
    this.#listings = new ListingWriter(database);
    this.#quotas = new QuotaWriter(database);
    this.#run = new RunWriter(database);
    this.#webhooks = new WebhookWriter(database);
  }

  /**
   * @returns what the command answers, as plain data.
   * @throws DomainError where what is stored does not allow the change.
   */
  apply(command: WriteCommand): unknown {
    if (isAuditCommand(command)) return this.#audit.apply(command);
    if (isJobCommand(command)) return this.#jobs.apply(command);
    if (isKeyCommand(command)) return this.#keys.apply(command);
    if (isLinkCommand(command)) return this.#links.apply(command);
    if (isListingCommand(command)) return this.#listings.apply(command);
    if (isQuotaCommand(command)) return this.#quotas.apply(command);
    if (isRunCommand(command)) return this.#run.apply(command);
    if (isWebhookCommand(command)) return this.#webhooks.apply(command);
    return this.#images.apply(command);
  }
}
