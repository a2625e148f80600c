import { useGallery } from '../app/gallery.ts';
import { DateFilter } from './date-filter.tsx';
import { TagFilter } from './tag-filter.tsx';
import { formatState, type Order, orderOf, START, VIEWS, type View } from './url-state.ts';

const VIEW_NAMES: Readonly<Record<View, string>> = {
  photos: 'Photos',
  processing: 'Processing',
  rejected: 'Rejected',
  trash: 'Trash',
};

const ORDER_NAMES: Readonly<Record<Order, string>> = {
  relevance: 'Best match',
  newest: 'Newest first',
  oldest: 'Oldest first',
};

/** Which images are shown, and in which order. */
export function FilterBar() {
  const gallery = useGallery();
  const state = gallery.state.value;
  const orders: Order[] = state.q.trim() === '' ? ['newest', 'oldest'] : ['relevance', 'newest', 'oldest'];
  return (
    <div class="filters">
      <nav class="views" aria-label="Views">
        {VIEWS.map((view) => (
          <a
            key={view}
            href={formatState({ ...START, view })}
            aria-current={state.view === view ? 'page' : undefined}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey) return;
              event.preventDefault();
              gallery.showView(view);
            }}
          >
            {VIEW_NAMES[view]}
          </a>
        ))}
      </nav>
      <div class="filter-tools">
        {state.view === 'photos' ? <TagFilter /> : null}
        <DateFilter />
        <label class="sort">
          <span class="visually-hidden">Sort</span>
          <select
            value={orderOf(state)}
            onChange={({ currentTarget: { value } }) =>
              gallery.navigation.go({ order: orders.find((order) => order === value) ?? null })
            }
          >
            {orders.map((order) => (
              <option key={order} value={order}>
                {ORDER_NAMES[order]}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}
