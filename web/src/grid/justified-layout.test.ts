import { describe, expect, test } from 'vitest';
import { type LayoutOptions, layoutBlock, rowHeightFor, shownRatio } from './justified-layout.ts';

const OPTIONS: LayoutOptions = { width: 1200, rowHeight: 240, gap: 4, last: false };

/** Ratios as photographs have them, the same in every run. */
function photographs(count: number): number[] {
  const usual = [1.5, 0.667, 1.333, 1.778, 1, 1.5, 0.75];
  return Array.from({ length: count }, (_, index) => usual[(index * 31 + (index >> 3)) % usual.length] ?? 1);
}

const widthOf = (widths: readonly number[], gap: number) =>
  widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);

describe('a justified block', () => {
  test.each([320, 390, 768, 1200, 2560])(
    'fills every row of %d pixels exactly, the last one too',
    (width) => {
      const options = { ...OPTIONS, width, rowHeight: rowHeightFor(width) };
      const { rows } = layoutBlock(photographs(200), options);
      expect(rows.length).toBeGreaterThan(5);
      for (const { widths } of rows) expect(widthOf(widths, options.gap)).toBe(width);
    },
  );

  test('has all items once, in order', () => {
    const { rows } = layoutBlock(photographs(57), OPTIONS);
    expect(rows.map(({ start }) => start)).toEqual([0, ...rows.slice(0, -1).map(({ end }) => end)]);
    expect(rows.at(-1)?.end).toBe(57);
  });

  test('keeps rows near the wished height', () => {
    for (const { height } of layoutBlock(photographs(200), OPTIONS).rows) {
      expect(height).toBeGreaterThanOrEqual(240 * 0.6);
      expect(height).toBeLessThanOrEqual(240 * 1.6);
    }
  });

  test('is as high as its rows and the gaps after them', () => {
    const { rows, height } = layoutBlock(photographs(40), OPTIONS);
    expect(height).toBe(rows.reduce((sum, row) => sum + row.height + OPTIONS.gap, 0));
    expect(rows.map(({ top }) => top)).toEqual(
      rows.map((_, index) => rows.slice(0, index).reduce((sum, row) => sum + row.height + OPTIONS.gap, 0)),
    );
  });

  test('ends early where nothing follows, instead of blowing its last pictures up', () => {
    const { rows } = layoutBlock([1.5, 1.5], { ...OPTIONS, last: true });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.height).toBe(240);
    expect(widthOf(rows[0]?.widths ?? [], OPTIONS.gap)).toBeLessThan(1200);
  });

  test('rather lays rows out a little higher or lower than leaving one image alone in the last', () => {
    const { rows } = layoutBlock(
      Array.from({ length: 13 }, () => 1.5),
      { ...OPTIONS, width: 1440, last: true },
    );
    expect(rows.at(-1)?.widths.length).toBeGreaterThan(1);
  });

  test('is empty of nothing', () => {
    expect(layoutBlock([], OPTIONS)).toEqual({ rows: [], height: 0 });
  });
});

test('extreme ratios are cropped in the grid, and unknown ones are squares', () => {
  expect(shownRatio({ width: 10_000, height: 100 })).toBe(3);
  expect(shownRatio({ width: 100, height: 10_000 })).toBe(0.5);
  expect(shownRatio({ width: null, height: null })).toBe(1);
});
