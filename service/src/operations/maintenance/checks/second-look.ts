/** So many suspects are held in memory before they are looked at again: some hundred bytes each. */
const MOST_SUSPECTS = 10_000;

/** How many things are looked at together, where the index is asked: requests need it, too. */
const AT_ONCE = 8;

/** The items, so many at a time; the last of them may be fewer. */
export async function* batchesOf<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** What becomes of each item that something becomes of, some of them looked at together; in the items' order. */
export async function* lookedAt<Item, Result>(
  items: AsyncIterable<Item>,
  look: (item: Item) => Promise<Result | undefined>,
  atOnce = AT_ONCE,
): AsyncGenerator<Result> {
  for await (const batch of batchesOf(items, atOnce)) {
    const results = await Promise.all(batch.map(look));
    for (const result of results) if (result !== undefined) yield result;
  }
}

/**
 * What is seen of a home that is being used may be a moment in the midst of something. Suspects are therefore
 * looked at a second time, when whatever was under way has ended: only what is found then is a finding.
 */
export async function* secondLook<Suspect, Found>(
  suspects: AsyncIterable<Suspect>,
  settle: () => Promise<void>,
  look: (suspect: Suspect) => AsyncIterable<Found>,
): AsyncGenerator<Found> {
  for await (const batch of batchesOf(suspects, MOST_SUSPECTS)) {
    await settle();
    for (const suspect of batch) yield* look(suspect);
  }
}
