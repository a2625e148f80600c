import { setTimeout as sleep } from 'node:timers/promises';
import { type Image, pathOf, sendUpload, sha256, UPLOAD_FORMS } from '../../process/calls.ts';
import type { ServerProcess } from '../../support/server-process.ts';
import { SMALL_IMAGES } from '../../support/small-images.ts';
import type { Announced, Known, Ledger, Sent, Tally } from './crash-ledger.ts';
import { announcePng, type DirectMethod, mustBe, sendDirectly } from './direct-upload.ts';

/** Names that become odd folders: a long one is cut into several, one below the other. */
const USERS = ['alice', '..', 'a#b/c', '🦜'.repeat(32)];

/** Below and above what the server holds in memory before it begins a temporary file (1 MiB). */
const SIZES = [300, 20_000, 150_000, 1_300_000];

/** Two parts, of which the first is as small as S3 and we have them. */
const TWO_PARTS = 8 * 1024 * 1024 + 5000;

const CLIENTS = 6;
const DIRECT_METHODS: readonly DirectMethod[] = ['put', 'post', 'parts'];

/** Above so many images more is deleted than uploaded. */
const MANY = 150;

export interface LoadOptions {
  readonly server: ServerProcess;
  readonly ledger: Ledger;
  readonly tally: Tally;
  readonly random: () => number;
  /** 6 unless given; without any only what `perform` is told to is done. */
  readonly clients?: number;
}

/** What a client may do. */
export const ACTS = ['upload', 'upload directly', 'update', 'replace', 'delete'] as const;
export type Act = (typeof ACTS)[number];

/** Uploads on every path, updates, replacements and deletions, several at once, until the server is killed. */
export class Load {
  readonly #options: LoadOptions;
  readonly #url: string;
  readonly #ledger: Ledger;
  readonly #random: () => number;
  readonly #ended: Promise<unknown>;
  #answers = 0;
  #killing = false;
  #stopping = false;
  #onAnswer = () => {};

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#url = options.server.url;
    this.#ledger = options.ledger;
    this.#random = options.random;
    this.#ended = Promise.all(Array.from({ length: options.clients ?? CLIENTS }, () => this.#client()));
    this.#ended.catch(() => {}); // Reported by `killAfter`.
  }

  /** Resolves after so many more answers. @throws where anything was refused. */
  async untilAnswers(more: number): Promise<void> {
    const answers = this.#answers + more;
    const enough = new Promise<void>((resolve) => {
      this.#onAnswer = () => {
        if (this.#answers >= answers) resolve();
      };
      this.#onAnswer();
    });
    await Promise.race([enough, this.#ended]);
  }

  /** Lets what is under way come to its end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ended;
  }

  /** Kills the server `milliseconds` after so many answers, in the midst of whatever it is doing. */
  async killAfter(answers: number, milliseconds: number): Promise<void> {
    await this.untilAnswers(answers);
    await sleep(milliseconds);
    this.#killing = true;
    await this.#options.server.kill();
    await this.#ended;
  }

  async #client(): Promise<void> {
    while (!this.#killing && !this.#stopping) {
      try {
        this.#options.tally.acknowledge(await this.#anything());
      } catch (error) {
        // An answer that does not come is what killing is about; before that it is a failure.
        if (this.#killing && error instanceof TypeError) return;
        throw error;
      }
      this.#answers++;
      this.#onAnswer();
    }
  }

  /** Does one thing. @returns what has been acknowledged. @throws where it was refused, or had no answer. */
  async perform(act: Act): Promise<string> {
    const acknowledged = await {
      upload: () => this.#upload(),
      'upload directly': () => this.#uploadDirectly(),
      update: () => this.#update(),
      replace: () => this.#replace(),
      delete: () => this.#delete(),
    }[act]();
    this.#options.tally.acknowledge(acknowledged);
    return acknowledged;
  }

  /** @returns what has been acknowledged. */
  #anything(): Promise<string> {
    const { size } = this.#ledger.present;
    if (size <= 5) return this.#upload();
    const dice = this.#random();
    if (dice < (size > MANY ? 0.45 : 0.2)) return this.#delete();
    if (dice < 0.55) return this.#random() < 0.5 ? this.#update() : this.#replace();
    return this.#random() < 0.4 ? this.#uploadDirectly() : this.#upload();
  }

  async #upload(): Promise<string> {
    const form = this.#oneOf(UPLOAD_FORMS);
    const bytes = this.#newImage(this.#oneOf(SIZES));
    const sent = this.#newUpload(bytes);
    const { title, user_id } = sent;
    const response = await sendUpload(this.#url, form, { bytes, user_id, title, tags: ['crash'] });
    await mustBe(201, response);
    // Acknowledged from here on, even if the answer's body should be cut off.
    const image_id = response.headers.get('location')?.split('/').at(-1) ?? '';
    this.#ledger.unsureUploads.delete(title);
    await this.#keep({ ...sent, image_id }, response);
    return `uploads as ${form}`;
  }

  async #uploadDirectly(): Promise<string> {
    const method = this.#oneOf(DIRECT_METHODS);
    const size = method === 'parts' && this.#random() < 0.2 ? TWO_PARTS : this.#oneOf(SIZES);
    const bytes = this.#newImage(size);
    const sent = this.#newUpload(bytes);
    const started = await announcePng(this.#url, sent, bytes, method);
    const { image_id } = started.image;
    const announced: Announced = { image_id, sent, hasArrived: false, isCompleting: false };
    this.#ledger.unsureUploads.delete(sent.title);
    this.#ledger.announced.set(image_id, announced);
    await sendDirectly(started, bytes, method);
    announced.hasArrived = true;
    announced.isCompleting = true;
    const response = await fetch(`${this.#url}/images/${image_id}/complete`, { method: 'POST' });
    await mustBe(200, response);
    this.#ledger.announced.delete(image_id);
    await this.#keep({ ...sent, image_id }, response);
    return `uploads by ${method}`;
  }

  async #update(): Promise<string> {
    const before = this.#takeOne();
    const after = { ...before, title: this.#ledger.newTitle() };
    this.#ledger.unsureChanges.set(before.image_id, { before, after });
    const response = await fetch(`${this.#url}/images/${before.image_id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: after.title }),
    });
    await mustBe(200, response);
    this.#ledger.unsureChanges.delete(before.image_id);
    await this.#keep(after, response);
    return 'updates';
  }

  async #replace(): Promise<string> {
    const before = this.#takeOne();
    const bytes = this.#newImage(this.#oneOf(SIZES));
    const after = { ...before, sha256: sha256(bytes) };
    this.#ledger.unsureChanges.set(before.image_id, { before, after });
    const response = await fetch(`${this.#url}/images/${before.image_id}/content`, {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: bytes,
    });
    await mustBe(200, response);
    this.#ledger.unsureChanges.delete(before.image_id);
    await this.#keep(after, response);
    return 'replacements';
  }

  async #delete(): Promise<string> {
    const known = this.#takeOne();
    this.#ledger.unsureDeletions.set(known.image_id, known);
    await mustBe(204, await fetch(`${this.#url}/images/${known.image_id}`, { method: 'DELETE' }));
    this.#ledger.unsureDeletions.delete(known.image_id);
    this.#ledger.deleted.set(known.image_id, known);
    return 'deletions';
  }

  /** The status is the acknowledgement: the image is known before the rest of the answer may be cut off. */
  async #keep(known: Known, response: Response): Promise<void> {
    this.#ledger.present.set(known.image_id, known);
    const path = pathOf(((await response.json()) as Image).url ?? '');
    // Unless another client has taken it up by now.
    if (this.#ledger.present.get(known.image_id) === known) {
      this.#ledger.present.set(known.image_id, { ...known, path });
    }
  }

  #newUpload(bytes: Buffer): Sent {
    const sent = { title: this.#ledger.newTitle(), user_id: this.#oneOf(USERS), sha256: sha256(bytes) };
    this.#ledger.unsureUploads.set(sent.title, sent);
    return sent;
  }

  /** An image that nobody else asks anything of meanwhile. */
  #takeOne(): Known {
    const known = this.#oneOf([...this.#ledger.present.values()]);
    this.#ledger.present.delete(known.image_id);
    return known;
  }

  /** A real image with some bytes behind it, which no decoder minds: no two of them are alike. */
  #newImage(size: number): Buffer<ArrayBuffer> {
    const pattern = Array.from({ length: 251 }, () => Math.floor(this.#random() * 256));
    return Buffer.concat([SMALL_IMAGES['image/png'].bytes, Buffer.alloc(size, Buffer.from(pattern))]);
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error('There is nothing to choose from.');
    return item;
  }
}
