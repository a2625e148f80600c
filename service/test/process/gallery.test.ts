import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gallerySettings } from '../../src/http/gallery-settings.ts';
import { ROOT, startServerProcess } from '../support/server-process.ts';

const BUILT = existsSync(join(ROOT, 'web/dist/index.html'));

describe('the gallery as npm ci has built it', () => {
  test('is served with all that its page asks for, and asks for nothing foreign', async (ctx) => {
    if (!BUILT) ctx.skip('web/dist is not there: npm ci was run with --ignore-scripts or --omit=dev.');
    const { url } = await startServerProcess();
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    const page = await answer.text();
    expect(page).toMatch(/^<!doctype html>/i);
    const references = [...page.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, reference = '']) => reference);
    expect(references.length).toBeGreaterThanOrEqual(2);
    for (const reference of references) {
      // Relative, so that it can be served below a path.
      expect(reference).toMatch(/^\.\/[\w./-]+$/);
      const file = await fetch(new URL(reference, answer.url));
      expect(file.status, reference).toBe(200);
      expect(file.headers.get('content-type')).not.toBe('application/octet-stream');
      expect((await file.bytes()).length).toBeGreaterThan(0);
    }
    // What is written into the page itself, its policy would not let run, or style anything.
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle="|\bon\w+="/i);
    gallerySettings.parse(await (await fetch(new URL('gallery.json', answer.url))).json());
  });
});
