/**
 * A justified layout: rows of pictures that fill the width exactly, of heights as close to the wished one as can be.
 * Where rows break is chosen for the whole block at once (as Knuth and Plass break paragraphs), so that its last
 * row is full as well and blocks can be laid out, dropped and laid out again without knowing of each other.
 */

export interface LayoutOptions {
  /** Pixels. */
  readonly width: number;
  readonly rowHeight: number;
  readonly gap: number;
  /** Whether nothing follows: then the last row may end early. */
  readonly last: boolean;
}

export interface LayoutRow {
  /** Pixels from the block's top. */
  readonly top: number;
  readonly height: number;
  /** The row's items: from `start`, before `end`. */
  readonly start: number;
  readonly end: number;
  /** Pixels of each item. */
  readonly widths: readonly number[];
}

export interface BlockLayout {
  readonly rows: readonly LayoutRow[];
  /** Pixels, with the gap after the last row. */
  readonly height: number;
}

/** Rows are at least, and at most, this many times as high as wished, unless there is no other way. */
const LOWEST = 0.6;
const HIGHEST = 1.6;

/** What an empty last row costs; a full one at the wished height costs nothing. */
const EMPTINESS = 0.15;

/** What lies wider or narrower is cropped in the grid, so that nothing is a thread or a wall. */
const NARROWEST = 0.5;
const WIDEST = 3;

/** Width by height, as an item is shown in the grid; of unknown pixels, a square. */
export function shownRatio(item: { readonly width: number | null; readonly height: number | null }): number {
  const ratio = item.width && item.height ? item.width / item.height : 1;
  return Math.min(WIDEST, Math.max(NARROWEST, ratio));
}

/** The height of rows that suits a width: larger on wide screens, so that pictures stay generous. */
export function rowHeightFor(width: number): number {
  return Math.round(Math.min(280, Math.max(132, 90 + width * 0.13)));
}

/** Lays items of these ratios out. */
export function layoutBlock(ratios: readonly number[], options: LayoutOptions): BlockLayout {
  const rows: LayoutRow[] = [];
  let top = 0;
  for (const { start, end } of breaksOf(ratios, options)) {
    const row = layoutRow(ratios.slice(start, end), options, options.last && end === ratios.length);
    rows.push({ top, height: row.height, start, end, widths: row.widths });
    top += row.height + options.gap;
  }
  return { rows, height: top };
}

/** The row's height if its items fill the width. */
function justifiedHeight(ratioSum: number, count: number, { width, gap }: LayoutOptions): number {
  return (width - gap * (count - 1)) / ratioSum;
}

function costOf(height: number, { rowHeight }: LayoutOptions): number {
  const off = height / rowHeight - 1;
  const outside = height < rowHeight * LOWEST || height > rowHeight * HIGHEST;
  return off * off + (outside ? 10 + Math.abs(off) * 10 : 0);
}

/** Where rows break at the least cost. */
function breaksOf(ratios: readonly number[], options: LayoutOptions): { start: number; end: number }[] {
  const best: { cost: number; from: number }[] = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= ratios.length; end++) {
    let found = { cost: Number.POSITIVE_INFINITY, from: end - 1 };
    let sum = 0;
    for (let start = end - 1; start >= 0; start--) {
      sum += ratios[start] ?? 1;
      const height = justifiedHeight(sum, end - start, options);
      if (height < options.rowHeight * LOWEST && end - start > 1) break;
      const isEarlyEnd = options.last && end === ratios.length && height > options.rowHeight;
      // A last row that is nearly empty looks forgotten.
      const own = isEarlyEnd ? EMPTINESS * (1 - options.rowHeight / height) : costOf(height, options);
      const cost = (best[start]?.cost ?? 0) + own;
      if (cost < found.cost) found = { cost, from: start };
    }
    best.push(found);
  }
  const rows: { start: number; end: number }[] = [];
  for (let end = ratios.length; end > 0; ) {
    const start = best[end]?.from ?? end - 1;
    rows.unshift({ start, end });
    end = start;
  }
  return rows;
}

/** Whole pixels, so that neighbours never overlap and the row ends where the others do. */
function layoutRow(
  ratios: readonly number[],
  options: LayoutOptions,
  mayEndEarly: boolean,
): { height: number; widths: number[] } {
  const sum = ratios.reduce((all, ratio) => all + ratio, 0);
  const full = justifiedHeight(sum, ratios.length, options);
  const most = options.rowHeight * (mayEndEarly ? 1 : HIGHEST);
  const height = Math.min(full, most);
  let exact = 0;
  let used = 0;
  const widths = ratios.map((ratio) => {
    exact += ratio * height;
    const wide = Math.round(exact) - used;
    used += wide;
    return wide;
  });
  return { height: Math.round(height), widths };
}
