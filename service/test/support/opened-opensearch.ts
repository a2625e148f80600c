import { OpenSearchClient } from '../../src/drivers/opensearch/opensearch-client.ts';
import { OpenSearchIndex } from '../../src/drivers/opensearch/opensearch-search-index.ts';
import { OpenSearchWriter } from '../../src/drivers/opensearch/opensearch-search-writer.ts';
import type { OpenedSearchIndex } from '../contracts/search-index.contract.ts';

/** An index of its own in an engine. */
export interface OpenedOpenSearch extends OpenedSearchIndex {
  readonly client: OpenSearchClient;
  readonly index: string;
  readonly search: OpenSearchIndex;
  readonly writer: OpenSearchWriter;
  /** Has what was written found. */
  refresh(): Promise<void>;
}

export async function openSearchAt(url: string): Promise<OpenedOpenSearch> {
  const client = new OpenSearchClient({ url, signing: undefined, timeoutMs: 30_000 });
  const options = { client, index: `images-${crypto.randomUUID()}` };
  const writer = new OpenSearchWriter(options);
  await writer.prepare();
  const refresh = async () => {
    await client.send({ method: 'POST', path: `/${options.index}/_refresh` });
  };
  const write = async (entries: Parameters<typeof writer.write>[0]) => {
    const refused = await writer.write(entries);
    if (refused.length > 0) throw new Error('The engine has refused some.', { cause: refused });
    await refresh();
  };
  return {
    ...options,
    search: new OpenSearchIndex(options),
    writer,
    refresh,
    put: (records) => write(records.map((record) => ({ image_id: record.image_id, record }))),
    remove: ({ image_id }) => write([{ image_id, record: undefined }]),
    close: async () => {},
  };
}
