import { plainText } from './plain-text.ts';
import { fitText, padText, textWidth } from './text-width.ts';

export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** May be cut short where the terminal is too narrow, down to this many columns. */
  readonly atLeast?: number;
  /** Is left out where all columns do not fit even so: the one with the highest number first. */
  readonly leaves?: number;
}

const GAP = '  ';

/**
 * Rows as lines under headings. Cells are made one plain line each, whatever is in them.
 * @param width of the terminal, in columns; undefined where there is none: then nothing is cut.
 * @param isMore says that rows were printed before: the headings are there already.
 */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | undefined,
  isMore = false,
): string {
  const { shown, lines, widths } = laidOut(columns, rows, width);
  const last = shown.length - 1;
  return (isMore ? lines.slice(1) : lines)
    .map((line) =>
      line
        .map((text, at) => {
          const { align = 'left' } = shown[at] ?? {};
          const cell = fitText(text, widths[at] ?? 0);
          return at === last && align === 'left' ? cell : padText(cell, widths[at] ?? 0, align);
        })
        .join(GAP)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

interface Layout<Row> {
  readonly shown: readonly Column<Row>[];
  /** The cells of each line, that of the headings first. */
  readonly lines: readonly (readonly string[])[];
  readonly widths: readonly number[];
}

function laidOut<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | undefined,
): Layout<Row> {
  const lines = [
    columns.map(({ heading }) => heading),
    ...rows.map((row) => columns.map(({ cell }) => plainText(cell(row)))),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => textWidth(line[at] ?? ''))));
  if (width === undefined || makeRoom(columns, widths, width)) return { shown: columns, lines, widths };
  const leaving = Math.max(...columns.map(({ leaves = 0 }) => leaves));
  if (leaving === 0) return { shown: columns, lines, widths };
  return laidOut(
    columns.filter(({ leaves }) => leaves !== leaving),
    rows,
    width,
  );
}

/** Takes from the widest column that may give, one at a time. @returns whether all fit now. */
function makeRoom<Row>(columns: readonly Column<Row>[], widths: number[], width: number): boolean {
  const total = () => widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  while (total() > width) {
    let widest = -1;
    columns.forEach(({ atLeast }, at) => {
      const now = widths[at] ?? 0;
      if (atLeast !== undefined && now > atLeast && now > (widths[widest] ?? 0)) widest = at;
    });
    if (widest < 0) return false;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return true;
}

/** `name  value` lines, the values beneath each other; those without a value are left out. */
export function fieldsText(fields: readonly (readonly [name: string, value: string | null])[]): string {
  const there = fields.filter((field): field is readonly [string, string] => field[1] !== null);
  const widest = Math.max(0, ...there.map(([name]) => name.length));
  const lineOf = ([name, value]: readonly [string, string]) =>
    `${name.padEnd(widest)}${GAP}${value
      .split('\n')
      .map(plainText)
      .join(`\n${' '.repeat(widest)}${GAP}`)}\n`;
  return there.map(lineOf).join('');
}
