import { readFile } from 'node:fs/promises';
import type { BuildOptions, Plugin } from 'esbuild';

/**
 * A function's code is a script and no module, since V8 takes only scripts as they were compiled before
 * (docs/decisions/0025). What follows makes one of modules.
 */
export const SCRIPT: BuildOptions = {
  format: 'cjs',
  banner: { js: '(function(require,module,__url){' },
  footer: { js: '})' },
  define: { 'import.meta.url': '__url' },
  // Read as bytes: one a letter.
  charset: 'ascii',
};

/**
 * What AWS loads must be a module. It asks for Node's own as scripts do: for a module Node makes one of each of them,
 * which loads all that they would load when it is needed.
 */
export const START: BuildOptions = {
  format: 'cjs',
  banner: { js: 'const require=process.getBuiltinModule,module={};' },
  footer: { js: 'export const handler=await module.exports.start(import.meta.dirname);' },
  sourcemap: false,
};

/** Scripts cannot wait before they export: an entry's own statements become the promise of its handler. */
export const awaitedEntry: Plugin = {
  name: 'awaited-entry',
  setup(bundling) {
    bundling.onLoad({ filter: /service\/src\/entry\/lambda\/[\w-]+\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!/^export (?:const|async function|function) handler\b/m.test(text)) return undefined;
      const imports = /^(?:import [^;]*;\s*)*/.exec(text)?.[0] ?? '';
      const statements = text
        .slice(imports.length)
        .replace(/^export (?=(?:const|async function|function) handler\b)/m, '');
      // On the lines that they have in the source.
      const contents = `${imports}export const loading = (async () => {${statements}\nreturn handler; })();`;
      return { contents, loader: 'ts' };
    });
  },
};

/**
 * What sources import when they need it is imported at once: in one script each part that may come later is a
 * function, and so is all that it shares with the others, of which nothing unused could be left out. Compiled
 * before, what nobody calls costs next to nothing.
 */
export const importedAtOnce: Plugin = {
  name: 'imported-at-once',
  setup(bundling) {
    bundling.onLoad({ filter: /service\/src\/compose\/[\w-]+\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const imports: string[] = [];
      const contents = text.replaceAll(/\bimport\(\s*('\.[^']+')\s*\)/g, (_, file: string) => {
        imports.push(`import * as imported${imports.length} from ${file};`);
        return `Promise.resolve(imported${imports.length - 1})`;
      });
      // After all else, so that lines stay what they are.
      return imports.length === 0
        ? undefined
        : { contents: `${contents}\n${imports.join('\n')}`, loader: 'ts' };
    });
  },
};
