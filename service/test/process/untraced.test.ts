import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { onlyWhenLarge } from '../support/large.ts';
import { START_ARGUMENTS, startServerProcess, temporaryFolder } from '../support/server-process.ts';

// Three servers, whose modules are told one by one.
beforeEach(onlyWhenLarge);

/** Tells on standard error of each module that is resolved and belongs to what is watched for. */
const WATCH = `
import { registerHooks } from 'node:module';
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    if (/opentelemetry|prom-client|pino/.test(found.url)) process.stderr.write(found.url + '\\n');
    return found;
  },
});
`;

/** The packages, of those watched for, that a server loads until it has answered. */
async function loaded(env: Readonly<Record<string, string>>): Promise<Set<string>> {
  const watch = join(await temporaryFolder(), 'watch.mjs');
  await writeFile(watch, WATCH);
  expect(START_ARGUMENTS.length).toBeGreaterThan(0);
  const server = await startServerProcess({ env: { NODE_OPTIONS: `--import ${watch}`, ...env } });
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  await server.stop();
  const packages = server
    .logs()
    .stderr.flatMap(
      (line) => /node_modules\/(@opentelemetry\/[^/]+|prom-client|pino)\//.exec(line)?.[1] ?? [],
    );
  return new Set(packages);
}

test('a server that traces nothing loads nothing that sends traces', async () => {
  const packages = await loaded({});
  // prom-client has the types of OpenTelemetry, which do nothing.
  expect(packages).toEqual(new Set(['pino', 'prom-client', '@opentelemetry/api']));
});

test('one that measures nothing either loads nothing for it', async () => {
  expect(await loaded({ METRICS: 'off' })).toEqual(new Set(['pino']));
});

test('one that traces loads what it needs', async () => {
  const packages = await loaded({
    METRICS: 'off',
    TRACES: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
  });
  expect(packages).toContain('@opentelemetry/exporter-trace-otlp-http');
  expect(packages).not.toContain('prom-client');
});
