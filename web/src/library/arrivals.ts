import type { ImageSummary, TintypeClient } from '@tintype/client';

/** How long an image is asked after that has just been uploaded, each pause longer than the one before. Milliseconds. */
const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 5_000;
const TRIES = 30;

/** Most images that are asked after at the same time. */
const AT_ONCE = 4;

/** Whether nothing more is to come: it is refused, or it can be shown and its smaller pictures have been made. */
export function isSettled(image: Pick<ImageSummary, 'status' | 'placeholder' | 'deleted_at'>): boolean {
  if (image.status === 'rejected' || image.deleted_at !== null) return true;
  return image.status === 'ready' && image.placeholder !== null;
}

/** Follows images that have just been uploaded until they can be shown. */
export class Arrivals {
  readonly #client: Pick<TintypeClient, 'view'>;
  readonly #take: (image: ImageSummary) => void;
  readonly #waiting: { readonly image_id: string; tries: number; due: number }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = 0;

  constructor(client: Pick<TintypeClient, 'view'>, take: (image: ImageSummary) => void) {
    this.#client = client;
    this.#take = take;
  }

  /** Asks after an image until it is settled, or for some two minutes. */
  await(image: ImageSummary): void {
    if (isSettled(image) || this.#waiting.some(({ image_id }) => image_id === image.image_id)) return;
    this.#waiting.push({ image_id: image.image_id, tries: 0, due: Date.now() + FIRST_PAUSE });
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const next = this.#waiting.reduce((least, { due }) => Math.min(least, due), Number.POSITIVE_INFINITY);
    if (Number.isFinite(next)) this.#timer = setTimeout(() => this.#askDue(), Math.max(0, next - Date.now()));
  }

  #askDue(): void {
    const due = this.#waiting.filter((one) => one.due <= Date.now()).slice(0, AT_ONCE - this.#asking);
    for (const one of due) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      this.#asking += 1;
      void this.#ask(one.image_id, one.tries + 1);
    }
    if (this.#asking < AT_ONCE) this.#schedule();
  }

  async #ask(image_id: string, tries: number): Promise<void> {
    const image = await this.#client.view(image_id).catch(() => undefined);
    this.#asking -= 1;
    if (image) this.#take(image);
    if (!(image && isSettled(image)) && tries < TRIES) {
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 1.4 ** tries);
      this.#waiting.push({ image_id, tries, due: Date.now() + pause });
    }
    this.#schedule();
  }
}
