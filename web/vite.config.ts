import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const API = process.env['TINTYPE_URL'] ?? 'http://127.0.0.1:3000';

/** What the service answers itself while the gallery is developed; everything else is the gallery's own. */
const proxied = Object.fromEntries(
  ['/images', '/users', '/uploads', '/objects', '/gallery.json', '/openapi.json', '/health'].map((path) => [
    path,
    { target: API },
  ]),
);

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // The gallery may be served below a path.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2024',
    // Its polyfill is a script within the page's own code; all browsers that can run the rest have no need of it.
    modulePreload: { polyfill: false },
    // What is inlined as `data:` would need the page's security policy to allow it.
    assetsInlineLimit: 0,
  },
  server: { host: '127.0.0.1', proxy: proxied },
  preview: { host: '127.0.0.1', proxy: proxied },
});
