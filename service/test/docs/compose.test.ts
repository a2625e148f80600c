import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readServerConfig, SERVER_VARIABLES } from '../../src/config/server.ts';
import { readInstallationNames } from '../../src/config/storage.ts';
import { ROOT, START_ARGUMENTS } from '../support/server-process.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const FILES = ['docker-compose.yml', 'docker-compose.api.yml'];
const compose = read('docker-compose.yml');

/** The lines below a key, as deep as its first, up to the next key of its own depth. */
function below(text: string, key: string): string {
  const [, indent = '', rest = ''] = new RegExp(`^( *)${key}:\n([\\s\\S]*)`, 'm').exec(text) ?? [];
  if (rest === '') throw new Error(`There is no ${key}.`);
  const lines = rest.split('\n');
  const end = lines.findIndex((line) => line.trim() !== '' && !line.startsWith(`${indent} `));
  return lines.slice(0, end === -1 ? undefined : end).join('\n');
}

/** What a service's process is told, where this machine's own environment says nothing. */
function environmentOf(service: string): Record<string, string> {
  const lines = below(below(compose, service), 'environment').split('\n');
  const entries = lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => /^(\w+): (?:"(.*)"|(.*))$/.exec(line) ?? [line, line, undefined, ''])
    .map(([, name = '', quoted, plain = '']) => [name, (quoted ?? plain).replace(/^\$\{\w+:-(.*)\}$/, '$1')]);
  return Object.fromEntries(entries) as Record<string, string>;
}

/** `host:outside:inside` of everything that is published. */
function publishedPorts(text: string): string[] {
  return [...text.matchAll(/^ *ports:\n((?: *(?:#.*|- .*)\n)+)/gm)]
    .flatMap(([, list = '']) => [...list.matchAll(/^ *- "?([^"\n]*)"?$/gm)])
    .map(([, port = '']) => port);
}

describe('docker-compose.yml', () => {
  test('runs the last LocalStack that needs no token', () => {
    const images = [...compose.matchAll(/^ *image: (.*)$/gm)].map(([, image]) => image);
    expect(images).toEqual(['localstack/localstack:4.14.0']);
  });

  test('publishes on loopback alone, and only the ports of LocalStack and of the service', () => {
    expect(publishedPorts(compose)).toEqual(['127.0.0.1:4566:4566', '127.0.0.1:3000:3000']);
    for (const file of FILES) {
      for (const port of publishedPorts(read(file))) expect(port, file).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
    expect(compose).not.toContain('network_mode: host');
  });

  test.each(['setup', 'tintype'])('sets nothing for %s that is not read', (service) => {
    const names = Object.keys(environmentOf(service));
    expect(names.length).toBeGreaterThan(3);
    const sdk = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    expect(names.filter((name) => !SERVER_VARIABLES.includes(name) && !sdk.includes(name))).toEqual([]);
  });

  test('configures a service that starts, and that its published port reaches', () => {
    const environment = environmentOf('tintype');
    const config = readServerConfig(environment);
    expect(config).toMatchObject({
      host: '0.0.0.0',
      publicUrl: `http://127.0.0.1:${config.port}`,
      storage: { kind: 'aws', s3PathStyle: true },
    });
    expect(publishedPorts(compose)).toContain(`127.0.0.1:${config.port}:${config.port}`);
    // The host in presigned URLs, for those who get them: what LocalStack is published at.
    expect(publishedPorts(compose)).toContain(`${new URL(environment['AWS_ENDPOINT_URL'] ?? '').host}:4566`);
  });

  test('has set up what the service is told to use', () => {
    const service = environmentOf('tintype');
    const setup = environmentOf('setup');
    const { queue, ...made } = readInstallationNames(setup);
    const { queue: told, ...used } = readInstallationNames(service);
    expect(made).toEqual(used);
    expect(queue).toBe(told);
    expect(setup['AWS_REGION']).toBe(service['AWS_REGION']);
    expect(below(compose, 'setup')).toContain(`"--endpoint", "${service['AWS_ENDPOINT_URL']}"`);
  });
});

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  test('runs what npm start runs, without npm, and not as root', () => {
    const [, command = ''] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(command)).toEqual(['node', ...START_ARGUMENTS]);
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test('installs from every manifest that the lockfile accounts for', () => {
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
    expect(workspaces.length).toBeGreaterThan(0);
    for (const workspace of workspaces) {
      expect(dockerfile).toContain(`COPY ${workspace}/package.json ${workspace}/\n`);
      expect(read('.dockerignore')).toContain(`!${workspace}/package.json\n`);
    }
  });

  test('copies what is there, and what its context is let to have', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from = '']) =>
      from.split(' '),
    );
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'tsconfig.json', 'service', 'web']));
    const allowed = read('.dockerignore').split('\n');
    for (const path of copied) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(
        allowed.some((line) => line === `!${path}` || line.startsWith(`!${path}/`)),
        path,
      ).toBe(true);
    }
  });

  test('builds the gallery as npm ci does, from all that it is made of, and takes what comes of it', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(dockerfile).toContain(`RUN ${scripts['prepare']}\n`);
    expect(dockerfile).toContain('COPY --from=gallery /app/web/dist web/dist\n');
    const others = ['dist', 'node_modules', 'test'];
    const sources = readdirSync(join(ROOT, 'web')).filter((name) => !others.includes(name));
    for (const name of sources) expect(read('.dockerignore')).toContain(`!web/${name}\n`);
  });
});
