import { expect, test } from 'vitest';
import { RULES_OF_A_WALL } from '../src/cost/deployed.ts';
import { PAID_FOR, type PriceName, priceOf, REGION_NAMES, type Region, ratesOf } from '../src/cost/prices.ts';

const names = Object.keys(PAID_FOR) as PriceName[];
const regions = REGION_NAMES as Region[];

test.each(regions)(
  'in %s everything has a price, a page of AWS, and if it was confirmed a date',
  (region) => {
    const rates = ratesOf(region);
    expect(Object.keys(rates).sort()).toEqual([...names].sort());
    for (const name of names) {
      const { steps, seen } = rates[name];
      expect(PAID_FOR[name].page).toMatch(/^https:\/\/aws\.amazon\.com\//);
      expect(steps.every(({ usd }) => usd > 0)).toBe(true);
      expect(steps.at(-1)?.upTo).toBe(Number.POSITIVE_INFINITY);
      if (seen) expect(seen.date).toMatch(/^(20\d\d(-\d\d){0,2}|undated)$/);
    }
  },
);

test.each(regions)('in %s more costs less a piece, and steps go upwards', (region) => {
  for (const { steps } of Object.values(ratesOf(region))) {
    const tops = steps.map(({ upTo }) => upTo);
    const asked = steps.map(({ usd }) => usd);
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
    expect(asked).toEqual([...asked].sort((a, b) => b - a));
  }
});

test('an amount is paid step by step, each part at its own price', () => {
  const rates = ratesOf('us-east-1');
  expect(priceOf(rates, 'egress', 0)).toBe(0);
  expect(priceOf(rates, 'egress', 10_000)).toBeCloseTo(900, 6);
  expect(priceOf(rates, 'egress', 60_000)).toBeCloseTo(900 + 3400 + 700, 6);
  expect(priceOf(rates, 'dynamodb_write', 2e6)).toBeCloseTo(1.25, 9);
});

test('a wall has as many rules as the infrastructure gives it', async () => {
  // By a URL, so that the types of CDK, which is installed apart, are not asked for.
  const wall: { wallRules(stage: string): { rules: unknown[] } } = await import(
    new URL('../../infra/src/wall.ts', import.meta.url).href
  );
  expect(wall.wallRules('prod').rules).toHaveLength(RULES_OF_A_WALL);
});
