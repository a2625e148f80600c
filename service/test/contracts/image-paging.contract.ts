import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ImageRecord } from '../../src/domain/image.ts';
import { newImageId } from '../../src/domain/image-id.ts';
import type { ListFilter } from '../../src/domain/listing.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import { ALL, listed, pagesOf } from '../support/listed.ts';
import { sampleRecord } from '../support/sample-record.ts';
import type { ContractScale } from './scale.ts';

const START = Date.UTC(2026, 0, 1);
const SPAN = 60;

/** The part of the port's contract that says what becomes of a listing while others write. */
export function describePaging(index: () => ImageIndex, { records }: ContractScale): void {
  const filters: readonly (readonly [string, Partial<ListFilter>])[] = [
    ['all images', {}],
    ["a user's images", { user_id: 'alice' }],
    ["a tag's images", { tags: ['bird'] }],
    ["a user's images of a tag", { user_id: 'alice', tags: ['bird'] }],
    ['images of two tags', { tags: ['bird', 'dusk'] }],
    ["a user's images of two tags", { user_id: 'alice', tags: ['bird', 'dusk'] }],
    ['images of a time', { uploaded: { from: START + 5, before: START + SPAN - 5 } }],
  ];
  test.each(filters)(
    'paging through %s gives each that stays exactly once, whatever comes and goes',
    async (_what, differing) => {
      const churn = new Churn(index(), records);
      await churn.begin();
      for (const order of ['newest', 'oldest'] as const) {
        const filter: ListFilter = { ...ALL, ...differing, order };
        const lasting = (await listed(index(), filter)).filter((id) => churn.lasting.has(id));
        expect(lasting.length).toBeGreaterThan(50 * records);
        const seen: string[] = [];
        for await (const page of pagesOf(index(), filter, 7)) {
          seen.push(...page.map(({ image_id }) => image_id));
          await churn.step();
        }
        expect(seen.filter((id) => lasting.includes(id))).toEqual(lasting);
        expect(new Set(seen).size).toBe(seen.length);
      }
      expect(churn.steps).toBeGreaterThan(35 * records);
    },
  );

  test('a listing goes on after an item that is removed in between', async () => {
    const churn = new Churn(index(), records);
    await churn.begin();
    const ids = await listed(index(), ALL);
    const seen: string[] = [];
    for await (const page of pagesOf(index(), ALL, 10)) {
      seen.push(...page.map(({ image_id }) => image_id));
      // Its last item is the position at which the listing goes on.
      const last = await index().get(page.at(-1)?.image_id ?? '');
      if (last) await index().remove(last);
    }
    expect(seen).toEqual(ids);
  });
}

/** Images that stay for the whole test, and writes to others, at every time, before and after. */
class Churn {
  readonly lasting = new Map<string, ImageRecord>();
  steps = 0;
  readonly #index: ImageIndex;
  readonly #scale: number;
  #passing: ImageRecord[] = [];
  #places = fc.sample(fc.integer({ min: 0, max: SPAN - 1 }), { seed: 5, numRuns: 1000 });

  constructor(index: ImageIndex, scale: number) {
    this.#index = index;
    this.#scale = scale;
  }

  async begin(): Promise<void> {
    const lasting = Array.from({ length: 150 * this.#scale }, (_, n) =>
      this.#record(n % 5 === 0 ? 'bob' : 'alice'),
    );
    for (const record of lasting) this.lasting.set(record.image_id, record);
    this.#passing = Array.from({ length: 100 * this.#scale }, () => this.#record('alice'));
    await Promise.all([...lasting, ...this.#passing].map((record) => this.#index.insert(record)));
  }

  async step(): Promise<void> {
    this.steps++;
    const fresh = [this.#record('alice'), this.#record('bob'), this.#record('alice')];
    const gone = this.#passing.splice((this.steps * 17) % Math.max(1, this.#passing.length - 4), 4);
    const [changed] = [...this.lasting.values()].slice((this.steps * 31) % this.lasting.size);
    await Promise.all([
      ...fresh.map((record) => this.#index.insert(record)),
      ...gone.map((record) => this.#index.remove(record)),
      ...(changed ? [this.#change(changed)] : []),
    ]);
    this.#passing.push(...fresh.slice(0, 1));
  }

  async #change(record: ImageRecord): Promise<void> {
    const next = { ...record, title: `changed ${this.steps}`, revision: record.revision + 1 };
    await this.#index.replace(record, next);
    this.lasting.set(record.image_id, next);
  }

  #record(user_id: string): ImageRecord {
    const time = START + (this.#places.shift() ?? 0);
    const upload_time = new Date(time).toISOString();
    return sampleRecord({ user_id, upload_time, image_id: newImageId(time), tags: ['bird', 'dusk'] });
  }
}
