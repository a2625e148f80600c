import { imageListSchema, imageSchema } from '../../../src/http/schemas.ts';
import { type Image, sendUpload, sha256, UPLOAD_FORMS } from '../../process/calls.ts';
import type { Known } from './crash-ledger.ts';
import { announcePng, type DirectMethod, sendDirectly } from './direct-upload.ts';

const USERS = ['alice', 'bob', '..', '🦜'.repeat(32)];
const CLIENTS = 6;

/** Below and above what the server holds in memory before it begins a temporary file (1 MiB). */
const SIZES = [300, 20_000, 150_000, 1_300_000];
const DIRECT_METHODS: readonly DirectMethod[] = ['put', 'post', 'parts'];
const PRESETS = ['thumb', 'small', 'medium'];

/** Above so many images more is deleted than uploaded: data does not grow with time. */
const MANY = 120;

/** Most renditions beyond presets that are asked for a second, whatever the machine: each fills a processor. */
const RENDITIONS_A_SECOND = 1;

export interface SoakOptions {
  readonly url: string;
  readonly random: () => number;
  /** PNGs that decoders read to their end. */
  readonly pictures: readonly Buffer[];
}

/** Everything that callers do, by several at once, over a bounded number of images, as long as it is wanted. */
export class SoakLoad {
  readonly #options: SoakOptions;
  readonly #url: string;
  readonly #random: () => number;
  /** Those of which nobody is asking anything. */
  readonly #free = new Map<string, Known>();
  #deleted = new Set<string>();
  #titles = 0;
  #renditions = 0;
  readonly #begun = performance.now();
  /** How often each thing was done. */
  readonly done: Record<string, number> = {};
  bytesCompared = 0;
  wrongBytes = 0;

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#url = options.url;
    this.#random = options.random;
  }

  /** Resolves when all clients have ended, after `isOver` has said so; rejects when an answer was not the right one. */
  async run(isOver: () => boolean): Promise<void> {
    let failed = false;
    const client = async () => {
      while (!failed && !isOver()) {
        const what = await this.#anything();
        this.done[what] = (this.done[what] ?? 0) + 1;
      }
    };
    const noteFailure = (error: unknown) => {
      failed = true;
      throw error;
    };
    await Promise.all(Array.from({ length: CLIENTS }, () => client().catch(noteFailure)));
  }

  /** Compares all that is there. */
  async compareAll(): Promise<number> {
    for (const known of this.#free.values()) await this.#download(known);
    return this.#free.size;
  }

  #anything(): Promise<string> {
    const { size } = this.#free;
    if (size <= CLIENTS * 2) return this.#upload();
    const dice = this.#random();
    if (dice < 0.15) return this.#borrow((known) => this.#download(known));
    if (dice < 0.3) return this.#borrow((known) => this.#view(known));
    if (dice < 0.45) return this.#list();
    if (dice < 0.5) return this.#borrow((known) => this.#preset(known));
    if (dice < 0.6) return this.#borrow((known) => this.#rendition(known));
    if (dice < 0.7) return this.#change((known) => this.#update(known));
    if (dice < 0.77) return this.#change((known) => this.#replace(known));
    if (dice < 0.8) return this.#refused();
    if (dice < 0.82) return this.#goAway();
    if (dice < (size > MANY ? 0.96 : 0.88)) return this.#delete();
    return this.#random() < 0.4 ? this.#uploadDirectly() : this.#upload();
  }

  async #upload(): Promise<string> {
    const form = this.#oneOf(UPLOAD_FORMS);
    const bytes = this.#newImage();
    const sent = this.#newUpload(bytes);
    const { title, user_id } = sent;
    const response = await sendUpload(this.#url, form, { title, user_id, bytes, tags: ['soak'] });
    const { image_id } = await answer(response, 201);
    this.#free.set(image_id, { ...sent, image_id });
    return `uploads as ${form}`;
  }

  async #uploadDirectly(): Promise<string> {
    const method = this.#oneOf(DIRECT_METHODS);
    const bytes = this.#newImage();
    const sent = this.#newUpload(bytes);
    const started = await announcePng(this.#url, sent, bytes, method);
    await sendDirectly(started, bytes, method);
    const { image_id } = started.image;
    await answer(await fetch(`${this.#url}/images/${image_id}/complete`, { method: 'POST' }), 200);
    this.#free.set(image_id, { ...sent, image_id });
    return `uploads by ${method}`;
  }

  async #view({ image_id, title, sha256: sum }: Known): Promise<string> {
    const image = await answer(await fetch(`${this.#url}/images/${image_id}`), 200);
    if (image.title !== title || image.checksum_sha256 !== sum) {
      throw new Error(`${image_id} is not as it was acknowledged.`);
    }
    return 'views';
  }

  async #list(): Promise<string> {
    const user = this.#random() < 0.5 ? { user_id: this.#oneOf(USERS) } : {};
    const tag = this.#random() < 0.5 ? { tag: 'soak' } : {};
    const gone = new Set(this.#deleted);
    const response = await fetch(`${this.#url}/images?${new URLSearchParams({ ...user, ...tag })}`);
    await mustBe(200, response);
    const { items } = imageListSchema.parse(await response.json());
    const returned = items.find(({ image_id }) => gone.has(image_id));
    if (returned) throw new Error(`${returned.image_id} was deleted, and is listed.`);
    return 'lists';
  }

  async #download({ image_id, sha256: sum }: Known): Promise<string> {
    const response = await fetch(`${this.#url}/images/${image_id}/content`);
    await mustBe(200, response);
    const bytes = await response.bytes();
    this.bytesCompared += bytes.length;
    if (sha256(bytes) !== sum) this.wrongBytes++;
    return 'downloads';
  }

  async #preset({ image_id }: Known): Promise<string> {
    const url = `${this.#url}/images/${image_id}/renditions/${this.#oneOf(PRESETS)}`;
    return (await this.#isPicture(url)) ? 'presets' : 'pictures asked for before they could be made';
  }

  async #rendition(known: Known): Promise<string> {
    const seconds = (performance.now() - this.#begun) / 1000;
    if (this.#renditions > seconds * RENDITIONS_A_SECOND) return this.#view(known);
    this.#renditions++;
    const width = 8 + Math.floor(this.#random() * 300);
    const url = `${this.#url}/images/${known.image_id}/renditions?w=${width}&format=webp`;
    return (await this.#isPicture(url)) ? 'renditions' : 'pictures asked for before they could be made';
  }

  /** False where the image has only just come: 409, not ready. */
  async #isPicture(url: string): Promise<boolean> {
    const response = await fetch(url);
    if (response.status !== 409) await mustBe(200, response);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status === 409) return false;
    if (bytes.toString('latin1', 8, 12) !== 'WEBP') throw new Error(`No WebP came from ${url}`);
    return true;
  }

  async #update(before: Known): Promise<string> {
    const title = this.#newTitle();
    const body = JSON.stringify({ title });
    const headers = { 'content-type': 'application/json' };
    await answer(await fetch(this.#at(before), { method: 'PATCH', headers, body }), 200);
    this.#free.set(before.image_id, { ...before, title });
    return 'updates';
  }

  async #replace(before: Known): Promise<string> {
    const body = this.#newImage();
    const headers = { 'content-type': 'image/png' };
    await answer(await fetch(`${this.#at(before)}/content`, { method: 'PUT', headers, body }), 200);
    this.#free.set(before.image_id, { ...before, sha256: sha256(body) });
    return 'replacements';
  }

  async #delete(): Promise<string> {
    const known = this.#take();
    const response = await fetch(this.#at(known), { method: 'DELETE' });
    await mustBe(204, response);
    await response.arrayBuffer();
    this.#deleted.add(known.image_id);
    // Enough to see one come back, and not more with every hour.
    if (this.#deleted.size > 2000) this.#deleted = new Set([...this.#deleted].slice(1000));
    return 'deletions';
  }

  async #refused(): Promise<string> {
    const bytes = Buffer.alloc(this.#oneOf(SIZES), 'no image');
    const response = await sendUpload(this.#url, this.#oneOf(UPLOAD_FORMS), { bytes, user_id: 'alice' });
    await mustBe(415, response);
    await response.arrayBuffer();
    return 'refusals';
  }

  /** A caller that leaves in the middle of an upload. */
  async #goAway(): Promise<string> {
    const leave = new AbortController();
    const bytes = this.#newImage();
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(bytes.subarray(0, bytes.length / 2));
        queueMicrotask(() => leave.abort());
      },
    });
    const init = { method: 'POST', headers: { 'content-type': 'image/png' }, body, signal: leave.signal };
    const url = `${this.#url}/images?user_id=alice&title=gone`;
    await fetch(url, { ...init, duplex: 'half' } as RequestInit).then(
      () => Promise.reject(new Error('Half an upload was answered.')),
      (error: unknown) => {
        if (!leave.signal.aborted) throw error;
      },
    );
    return 'uploads cut off';
  }

  /** An image of which nobody else asks anything meanwhile; what is done leaves it as it is. */
  async #borrow(use: (known: Known) => Promise<string>): Promise<string> {
    const known = this.#take();
    const what = await use(known);
    this.#free.set(known.image_id, known);
    return what;
  }

  #change(change: (known: Known) => Promise<string>): Promise<string> {
    return change(this.#take());
  }

  #take(): Known {
    const known = this.#oneOf([...this.#free.values()]);
    this.#free.delete(known.image_id);
    return known;
  }

  #at({ image_id }: Known): string {
    return `${this.#url}/images/${image_id}`;
  }

  #newTitle(): string {
    this.#titles++;
    return `upload ${this.#titles}`;
  }

  #newUpload(bytes: Buffer) {
    return { title: this.#newTitle(), user_id: this.#oneOf(USERS), sha256: sha256(bytes) };
  }

  /** A real image with some bytes behind it, which no decoder minds: no two of them are alike. */
  #newImage(): Buffer<ArrayBuffer> {
    const pattern = Array.from({ length: 251 }, () => Math.floor(this.#random() * 256));
    const rest = Buffer.alloc(this.#oneOf(SIZES), Buffer.from(pattern));
    return Buffer.concat([this.#oneOf(this.#options.pictures), rest]);
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error('There is nothing to choose from.');
    return item;
  }
}

async function answer(response: Response, status: number): Promise<Image> {
  await mustBe(status, response);
  return imageSchema.parse(await response.json());
}

async function mustBe(status: number, response: Response): Promise<void> {
  if (response.status !== status) {
    throw new Error(`${response.status} and not ${status} from ${response.url}: ${await response.text()}`);
  }
}
