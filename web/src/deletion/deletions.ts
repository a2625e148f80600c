import type { ImageSummary, TintypeClient } from '@tintype/client';
import type { Notices } from '../notices/notices.ts';
import { problemSentence } from '../notices/problem-text.ts';
import { countInWords } from '../session/usage.ts';

export interface DeletionDeps {
  readonly client: Pick<TintypeClient, 'deleteMany' | 'restore'>;
  /** Deletes images although the page is being left: nobody waits for the answer. */
  readonly deleteOnLeaving: (image_ids: readonly string[]) => void;
  /** Whether what is deleted can be restored; otherwise it is deleted only when nobody has undone it for a while. */
  readonly hasTrash: boolean;
  readonly notices: Pick<Notices, 'show'>;
  readonly list: {
    readonly hide: (image_ids: readonly string[]) => void;
    readonly show: (image_ids: readonly string[]) => void;
    readonly take: (image: ImageSummary) => void;
  };
}

type Images = readonly Pick<ImageSummary, 'image_id'>[];

/** How long a deletion that cannot be taken back waits, in milliseconds. */
export const UNDO_WITHIN = 8_000;

/** Most images of one request. */
const BATCH = 100;

const RESTORED_AT_ONCE = 4;

/** Deletes, restores, and undoes both. The grid shows it at once; what fails comes back. */
export class Deletions {
  readonly #deps: DeletionDeps;
  /** Deletions that wait for somebody to undo them, each with what keeps it from being made later. */
  readonly #waiting = new Map<readonly string[], () => void>();
  /** What waits, or what the service has been asked to delete and has not answered. */
  readonly #pending = new Set<string>();

  constructor(deps: DeletionDeps) {
    this.#deps = deps;
  }

  /** Images that are shown no more, though the service has them yet. */
  get pending(): readonly string[] {
    return [...this.#pending];
  }

  /** Deletes images, and offers to undo it; what is being deleted already is left to that. */
  async delete(images: Images): Promise<void> {
    const ids = idsOf(images).filter((id) => !this.#pending.has(id));
    if (ids.length === 0) return;
    const { list, notices, hasTrash } = this.#deps;
    list.hide(ids);
    if (!hasTrash) return this.#deleteLater(ids);
    const gone = await this.#deleteNow(ids, false);
    if (gone.length === 0) return;
    notices.show(`${numberOf(gone)} moved to the trash`, {
      action: { label: 'Undo', run: () => void this.#bringBack(gone) },
    });
  }

  /** Deletes images past undoing. */
  async deleteForGood(images: Images): Promise<void> {
    const ids = idsOf(images);
    this.#deps.list.hide(ids);
    const gone = await this.#deleteNow(ids, true);
    if (gone.length > 0) this.#deps.notices.show(`${numberOf(gone)} deleted for good`);
  }

  /** Takes images out of the trash. */
  async restore(images: Images): Promise<void> {
    const ids = idsOf(images);
    this.#deps.list.hide(ids);
    const back = await this.#restoreAll(ids, (id) => this.#deps.list.show([id]));
    if (back.length > 0) this.#deps.notices.show(`${numberOf(back)} restored`);
  }

  /** The page is being left: makes all deletions that wait, since nobody can undo them any more. */
  leave(): void {
    for (const [ids, stop] of [...this.#waiting]) {
      stop();
      for (let at = 0; at < ids.length; at += BATCH) this.#deps.deleteOnLeaving(ids.slice(at, at + BATCH));
    }
  }

  #deleteLater(ids: readonly string[]): void {
    const { list, notices } = this.#deps;
    const stop = () => {
      clearTimeout(timer);
      this.#waiting.delete(ids);
      this.#settle(ids);
    };
    const undo = () => {
      stop();
      list.show(ids);
    };
    const dismiss = notices.show(`${numberOf(ids)} deleted`, { action: { label: 'Undo', run: undo } });
    const timer = setTimeout(() => {
      stop();
      dismiss();
      void this.#deleteNow(ids, false);
    }, UNDO_WITHIN);
    this.#waiting.set(ids, stop);
    this.#begin(ids);
  }

  #begin(ids: readonly string[]): void {
    for (const id of ids) this.#pending.add(id);
  }

  #settle(ids: readonly string[]): void {
    for (const id of ids) this.#pending.delete(id);
  }

  /** Which of them are gone; the others are shown again. */
  async #deleteNow(ids: readonly string[], permanent: boolean): Promise<string[]> {
    this.#begin(ids);
    const gone: string[] = [];
    for (let at = 0; at < ids.length; at += BATCH) {
      const batch = ids.slice(at, at + BATCH);
      const failed = await this.#deleteBatch(batch, permanent);
      gone.push(...batch.filter((id) => !failed.includes(id)));
      this.#settle(batch);
    }
    return gone;
  }

  async #deleteBatch(batch: readonly string[], permanent: boolean): Promise<readonly string[]> {
    const { client, list, notices } = this.#deps;
    try {
      const { items } = await client.deleteMany([...batch], { permanent });
      const failed = items.filter(({ status }) => status >= 400 && status !== 404);
      const ids = failed.map(({ image_id }) => image_id);
      if (ids.length === 0) return [];
      list.show(ids);
      notices.show(`${numberOf(ids)} could not be deleted. ${failed[0]?.error ?? ''}`, { tone: 'error' });
      return ids;
    } catch (error) {
      list.show(batch);
      notices.show(`Not deleted. ${problemSentence(error)}`, { tone: 'error' });
      return batch;
    }
  }

  async #bringBack(ids: readonly string[]): Promise<void> {
    const back = await this.#restoreAll(ids, () => {});
    if (back.length > 0) this.#deps.notices.show(`${numberOf(back)} restored`);
  }

  async #restoreAll(ids: readonly string[], failed: (image_id: string) => void): Promise<string[]> {
    const { client, list, notices } = this.#deps;
    const left = [...ids];
    const back: string[] = [];
    let lastError: unknown;
    const work = async () => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        try {
          const image = await client.restore(id);
          back.push(id);
          list.show([id]);
          list.take(image);
        } catch (error) {
          lastError = error;
          failed(id);
        }
      }
    };
    await Promise.all(Array.from({ length: RESTORED_AT_ONCE }, work));
    if (lastError !== undefined) {
      notices.show(`Not everything was restored. ${problemSentence(lastError)}`, { tone: 'error' });
    }
    return back;
  }
}

const idsOf = (images: Images) => images.map(({ image_id }) => image_id);

const numberOf = (images: readonly unknown[]) => countInWords(images.length, 'image');
