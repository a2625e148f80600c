interface Page {
  readonly items: readonly { readonly image_id: string }[];
}

/**
 * What is compared must do the same.
 * @throws Error where one of the answers is not of the same images as the other, or the page is not of `count`.
 */
export async function mustShowSame(ours: string, byHand: string, count: number | undefined): Promise<void> {
  const [here, there] = await Promise.all([idsAt(ours), idsAt(byHand)]);
  if (here.join() !== there.join()) throw new Error(`Other images are shown at ${ours} than at ${byHand}.`);
  if (count !== undefined && here.length !== count) throw new Error(`${here.length} images are at ${ours}.`);
}

async function idsAt(url: string): Promise<readonly string[]> {
  const response = await fetch(url);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${text}`);
  return (JSON.parse(text) as Page).items.map(({ image_id }) => image_id);
}
