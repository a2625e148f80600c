import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PAGES } from '../src/pages/pages.ts';
import { VERIFIED } from '../src/pages/verified.ts';
import { Synthesized, sorted } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

test.each(Object.entries(PAGES))('%s is what the code says now; if not: npm run pages', (path, page) => {
  expect(readFileSync(at(path), 'utf8'), `${path} is stale: renew it with npm run pages`).toBe(page());
});

/** What a test file says; a title may be cut by a line's end in no test of ours. */
const textOf = (file: string) => readFileSync(at(file), 'utf8').replaceAll(/\\'/g, "'");

describe('docs/verified.md', () => {
  const proven = VERIFIED.flatMap((entry) => (entry.how === 'not run' ? [] : [entry]));

  test.each(proven)('names a test that is there for: $feature', ({ proofs }) => {
    expect(proofs.length).toBeGreaterThan(0);
    for (const { file, says } of proofs) {
      expect(existsSync(at(file)), file).toBe(true);
      expect(file).toMatch(/\.(test|contract)\.ts$/);
      expect(textOf(file)).toContain(says);
    }
  });

  test('says of nothing that it runs on an emulator whose test is of the templates alone, and the other way round', () => {
    for (const { how, feature, proofs } of proven) {
      const ofTemplates = proofs.map(({ file }) => file.startsWith('infra/test/'));
      expect(new Set(ofTemplates), feature).toEqual(new Set([how === 'template']));
    }
  });

  test('says of each type of resource in the templates, once, how far it is verified; and of no other', () => {
    const made = VARIANTS.map((variant) => new Synthesized(variant));
    const used = made.flatMap((each) => each.stacks.flatMap((stack) => each.resources(stack)));
    const types = new Set(used.map(({ Type }) => Type));
    expect(sorted(VERIFIED.flatMap(({ resources }) => resources))).toEqual(sorted(types));
  });

  test('says that a type of resource is asserted only where the named tests speak of it', () => {
    for (const { how, feature, resources, ...rest } of VERIFIED) {
      if (resources.length > 0) expect(how, feature).toBe('template');
      const texts = 'proofs' in rest ? rest.proofs.map(({ file }) => textOf(file)).join('\n') : '';
      for (const type of resources) expect(texts.includes(`'${type}'`), `${type}: ${feature}`).toBe(true);
    }
  });

  test('has each feature once', () => {
    const features = VERIFIED.map(({ feature }) => feature);
    expect(new Set(features).size).toBe(features.length);
  });
});
