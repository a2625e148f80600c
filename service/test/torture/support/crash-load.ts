import { setTimeout as sleep } from 'node:timers/promises';
import { type Image, pathOf, sendUpload, sha256, UPLOAD_FORMS } from '../../process/calls.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { SMALL_IMAGES } from '../../support/small-images.ts';

/** An image that the server has acknowledged. */
export interface Known {
  readonly image_id: string;
  readonly user_id: string;
  readonly sha256: string;
  /** Path and query of its presigned URL, where the whole answer arrived. */
  path?: string;
}

/** An upload that was sent; its title tells it from all others. */
export interface Sent {
  readonly title: string;
  readonly user_id: string;
  readonly sha256: string;
}

/** What clients know of everything they have ever asked for, however the server ended. */
export class Ledger {
  /** Acknowledged, by id; nobody has asked for their deletion. */
  readonly present = new Map<string, Known>();
  /** Their deletion is acknowledged. */
  readonly deleted = new Map<string, Known>();
  /** Uploads that have had no answer, by title. */
  readonly unsureUploads = new Map<string, Sent>();
  /** Deletions that have had no answer, by id. */
  readonly unsureDeletions = new Map<string, Known>();
  #titles = 0;

  newTitle(): string {
    this.#titles++;
    return `upload ${this.#titles}`;
  }
}

/** Names that become odd folders: a long one is cut into several, one below the other. */
const USERS = ['alice', '..', 'a#b/c', '🦜'.repeat(32)];

/** Below and above what the server holds in memory before it begins a temporary file (1 MiB). */
const SIZES = [300, 20_000, 150_000, 1_300_000];

const CLIENTS = 6;

/** Uploads in every form and deletions, several at once, until the server is killed. */
export class Load {
  readonly #server: ServerProcess;
  readonly #ledger: Ledger;
  readonly #random: () => number;
  readonly #ended: Promise<unknown>;
  #answers = 0;
  #killing = false;
  #onAnswer = () => {};

  constructor(server: ServerProcess, ledger: Ledger, random: () => number) {
    this.#server = server;
    this.#ledger = ledger;
    this.#random = random;
    this.#ended = Promise.all(Array.from({ length: CLIENTS }, () => this.#client()));
    this.#ended.catch(() => {}); // Reported by `killAfter`.
  }

  /** Kills the server `milliseconds` after the answer with that number, in the midst of whatever it is doing. */
  async killAfter(answers: number, milliseconds: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#onAnswer = () => {
        if (this.#answers >= answers) resolve();
      };
      this.#onAnswer();
    });
    await Promise.race([enough, this.#ended]);
    await sleep(milliseconds);
    this.#killing = true;
    await this.#server.kill();
    await this.#ended;
  }

  async #client(): Promise<void> {
    while (!this.#killing) {
      try {
        await (this.#random() < 0.35 && this.#ledger.present.size > 5 ? this.#delete() : this.#upload());
      } catch (error) {
        // An answer that does not come is what killing is about; before that it is a failure.
        if (this.#killing && error instanceof TypeError) return;
        throw error;
      }
      this.#answers++;
      this.#onAnswer();
    }
  }

  async #upload(): Promise<void> {
    const title = this.#ledger.newTitle();
    const form = this.#oneOf(UPLOAD_FORMS);
    const user_id = this.#oneOf(USERS);
    const bytes = this.#newImage(this.#oneOf(SIZES));
    const sent: Sent = { title, user_id, sha256: sha256(bytes) };
    this.#ledger.unsureUploads.set(title, sent);
    const response = await sendUpload(this.#server.url, form, { bytes, user_id, title, tags: ['crash'] });
    if (response.status !== 201) throw new Error(`Refused: ${response.status} ${await response.text()}`);
    // Acknowledged from here on, even if the answer's body should be cut off.
    const image_id = response.headers.get('location')?.split('/').at(-1) ?? '';
    const known: Known = { image_id, user_id, sha256: sent.sha256 };
    this.#ledger.unsureUploads.delete(title);
    this.#ledger.present.set(image_id, known);
    known.path = pathOf(((await response.json()) as Image).url ?? '');
  }

  async #delete(): Promise<void> {
    const known = this.#oneOf([...this.#ledger.present.values()]);
    this.#ledger.present.delete(known.image_id);
    this.#ledger.unsureDeletions.set(known.image_id, known);
    const response = await fetch(`${this.#server.url}/images/${known.image_id}`, { method: 'DELETE' });
    if (response.status !== 204) throw new Error(`Not deleted: ${response.status} ${await response.text()}`);
    this.#ledger.unsureDeletions.delete(known.image_id);
    this.#ledger.deleted.set(known.image_id, known);
  }

  /** A real image with some bytes behind it, which no decoder minds: no two of them are alike. */
  #newImage(size: number): Buffer {
    const pattern = Array.from({ length: 251 }, () => Math.floor(this.#random() * 256));
    return Buffer.concat([SMALL_IMAGES['image/png'].bytes, Buffer.alloc(size, Buffer.from(pattern))]);
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error('There is nothing to choose from.');
    return item;
  }
}
