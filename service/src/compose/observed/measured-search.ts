import type { Metrics } from '../../ports/metrics.ts';
import type { SearchIndex } from '../../ports/search-index.ts';
import { withMethods } from './with-methods.ts';

/** What finds images by their texts, timed. Apart from the other parts, since of the functions one alone has it. */
export function measuredSearch(search: SearchIndex, metrics: Metrics): SearchIndex {
  return withMethods(search, {
    async find(...asked) {
      const started = performance.now();
      let outcome = 'failed';
      try {
        const page = await search.find(...asked);
        outcome = 'done';
        return page;
      } finally {
        const seconds = (performance.now() - started) / 1000;
        metrics.observe('search_duration_seconds', { outcome }, seconds);
      }
    },
  });
}
