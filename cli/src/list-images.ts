import type { ImageSummary, ListFilters } from '@tintype/client';
import { type Session, wholeNumber } from './api-command.ts';
import { IMAGE_COLUMNS, STATUS_COLUMNS } from './print-image.ts';
import { columnsOf } from './terminal.ts';
import { tableText } from './text/table.ts';

const text = { type: 'string' } as const;

/** The options that say which images, for `list` and `search`. */
export const FILTER_OPTIONS = {
  user: text,
  tag: { type: 'string', multiple: true },
  'date-range': text,
  order: text,
  limit: text,
  all: { type: 'boolean', default: false },
} as const;

export const FILTER_HELP = `\
  --user ID        of this user
  --tag TAG        that have this tag; may be given several times, then they have all of them
  --date-range R   uploaded within START/END: dates or instants (ISO 8601), either side may be ..
  --limit N        at most so many, 1 to 100000; 50 if it is not said
  --all            all of them`;

const DEFAULT_LIMIT = 50;
const MOST_LISTED = 100_000;
const LARGEST_PAGE = 200;

/** Which images, and how many of them. */
export interface WantedImages {
  readonly filters: ListFilters;
  readonly most: number;
}

interface GivenFilters {
  readonly user?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly 'date-range'?: string | undefined;
  readonly order?: string | undefined;
  readonly limit?: string | undefined;
  readonly all?: boolean | undefined;
}

type Order = NonNullable<ListFilters['order']>;

/** What the options say, or in a sentence what cannot be understood. What filters mean is the server's to judge. */
export function readFilters(given: GivenFilters, orders: readonly Order[]): WantedImages | string {
  const { user, tag, 'date-range': date_range, order, limit, all = false } = given;
  const known = orders.find((each) => each === order);
  if (order !== undefined && known === undefined) return `--order must be ${orders.join(' or ')}.`;
  if (limit !== undefined && all) return '--limit and --all do not go together.';
  const most = wholeNumber(limit ?? String(DEFAULT_LIMIT), 1, MOST_LISTED);
  if (most === undefined) return `--limit must be a whole number from 1 to ${MOST_LISTED}.`;
  return {
    filters: {
      ...(user === undefined ? {} : { user_id: user }),
      ...(tag === undefined ? {} : { tag }),
      ...(date_range === undefined ? {} : { date_range }),
      ...(known === undefined ? {} : { order: known }),
    },
    most: all ? Number.POSITIVE_INFINITY : most,
  };
}

/** Prints them page by page, so that the first are there before the last are asked for. */
export async function printImages({ filters, most }: WantedImages, session: Session): Promise<number> {
  const { tintype, json, out, errors } = session;
  const width = columnsOf(out);
  const columns = filters.status === undefined ? IMAGE_COLUMNS : STATUS_COLUMNS;
  let count = 0;
  let after: string | null | undefined;
  do {
    const limit = Math.min(LARGEST_PAGE, most - count);
    const page = await tintype.listPage({
      ...filters,
      limit,
      ...(after ? { last_evaluated_key: after } : {}),
    });
    if (json) out.write(page.items.map((image: ImageSummary) => `${JSON.stringify(image)}\n`).join(''));
    else if (page.items.length > 0) out.write(tableText(columns, page.items, width, count > 0));
    count += page.items.length;
    after = page.last_evaluated_key;
  } while (after !== null && count < most);
  if (count === 0 && !json) errors.write('No image meets this.\n');
  if (after !== null) errors.write(`There may be more than these ${count}: --limit N or --all shows them.\n`);
  return 0;
}

/** Tags with commas between them, as the API reads them. */
export function listedTags(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',');
}
