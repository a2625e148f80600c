import { type ReadonlySignal, useSignal } from '@preact/signals';
import { Component } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Gallery, useGallery } from '../app/gallery.ts';
import type { Library } from '../library/library.ts';
import { useGridInput } from './grid-input.ts';
import { type DrawnGrid, type GridRow, GridWindow } from './grid-window.ts';
import { Tile } from './tile.tsx';

/** The images of a list, in rows; only those near the window are in the page. */
export function ImageGrid({ library }: { readonly library: Library }) {
  const gallery = useGallery();
  const container = useRef<HTMLDivElement>(null);
  const gridWindow = useSignal<GridWindow | undefined>(undefined);
  useGridWindow(gallery, library, container, gridWindow);
  const input = useGridInput(gallery, library, container, gridWindow);
  const drawn = gridWindow.value?.drawn.value;
  const { gap } = library.blocks.sizes;
  return (
    <div
      ref={container}
      class="grid"
      role="grid"
      aria-label="Images"
      aria-multiselectable="true"
      aria-rowcount={library.isComplete ? (drawn?.rowCount ?? -1) : -1}
      aria-busy={gallery.isChanging}
      {...input}
    >
      {drawn?.rows.map((row) => (
        <Row
          key={row.key}
          row={row}
          gap={gap}
          isFast={gridWindow.value?.isFast}
          tabStop={tabStopIn(row, drawn, gallery.focused.value)}
        />
      ))}
      {drawn?.gaps.map(({ key, top, height }) => (
        <div key={`gap ${key}`} class="grid-gap" role="presentation" style={{ top, height: height - gap }} />
      ))}
    </div>
  );
}

function useGridWindow(
  gallery: Gallery,
  library: Library,
  container: { readonly current: HTMLDivElement | null },
  gridWindow: { value: GridWindow | undefined },
) {
  useLayoutEffect(() => {
    if (!container.current) return undefined;
    const made = new GridWindow(
      library,
      container.current,
      (width) => gallery.sizesFor(width),
      () => (container.current?.contains(document.activeElement) ? gallery.focused.peek() : null),
    );
    gridWindow.value = made;
    return made.start();
  }, [gallery, library, container, gridWindow]);
  const changes = library.changes.value;
  useLayoutEffect(() => {
    if (changes >= 0) gridWindow.value?.changed();
  }, [changes, gridWindow, gridWindow.value]);
}

/** The one image that the tabulator stops at: the one that the keyboard was at, or else the first that is drawn. */
function tabStopIn(row: GridRow, { rows }: DrawnGrid, focused: string | null): string | undefined {
  const isDrawn = rows.some(({ items, row: { start, end } }) =>
    items.slice(start, end).some(({ image_id }) => image_id === focused),
  );
  if (isDrawn) return focused ?? undefined;
  return row === rows[0] ? row.items[row.row.start]?.image_id : undefined;
}

interface RowProps {
  readonly row: GridRow;
  readonly gap: number;
  readonly isFast: ReadonlySignal<boolean> | undefined;
  readonly tabStop: string | undefined;
}

class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    return !sameRow(this.props, next);
  }

  override render({ row: { top, number, row, items }, gap, isFast, tabStop }: RowProps) {
    let left = 0;
    const tiles = items.slice(row.start, row.end).map((image, at) => {
      const width = row.widths[at] ?? 0;
      const tile = (
        <Tile
          key={image.image_id}
          image={image}
          left={left}
          width={width}
          height={row.height}
          isTabStop={image.image_id === tabStop}
          isFast={isFast}
        />
      );
      left += width + gap;
      return tile;
    });
    return (
      <div class="grid-row" role="row" aria-rowindex={number} style={{ top, height: row.height }}>
        {tiles}
      </div>
    );
  }
}

function sameRow(before: RowProps, after: RowProps): boolean {
  return (
    before.row.row === after.row.row &&
    before.row.items === after.row.items &&
    before.row.top === after.row.top &&
    before.row.number === after.row.number &&
    before.gap === after.gap &&
    before.isFast === after.isFast &&
    before.tabStop === after.tabStop
  );
}
