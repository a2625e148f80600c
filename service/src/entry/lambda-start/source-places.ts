import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Stacks name the places of the sources, where Node was asked for it (`--enable-source-maps`). It does so itself for
 * modules, whose maps it reads as they are loaded, which takes a tenth of a start; this one is read at the first stack
 * that anybody looks at.
 */
export function nameSourcePlaces(file: string): void {
  if (!process.sourceMapsEnabled) return;
  let known: SourceMap | undefined;
  const map = () => (known ??= readMap(`${file}.map`));
  Error.prepareStackTrace = (error, sites) =>
    [headOf(error), ...sites.map((site) => `    at ${placed(site, file, map)}`)].join('\n');
}

function readMap(path: string): SourceMap | undefined {
  return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

function placed(site: NodeJS.CallSite, file: string, map: () => SourceMap | undefined): string {
  const text = String(site);
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
  if (site.getFileName() !== file || line === null || column === null) return text;
  const origin = map()?.findOrigin(line, column);
  if (origin === undefined || !('fileName' in origin)) return text;
  const source = join(dirname(file), origin.fileName);
  return text.replace(`${file}:${line}:${column}`, `${source}:${origin.lineNumber}:${origin.columnNumber}`);
}

/** As Node begins its own: with the code of what it throws itself. */
function headOf(error: Error & { readonly code?: unknown }): string {
  const { name, message, code } = error;
  if (typeof code !== 'string' || !code.startsWith('ERR_')) return Error.prototype.toString.call(error);
  return `${name} [${code}]: ${message}`;
}
