import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, type TestContext, test } from 'vitest';
import { readConfig, VARIABLES } from '../../src/config/config.ts';
import { METRICS } from '../../src/ports/metrics.ts';
import { freePort } from '../support/free-port.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { ROOT, START_ARGUMENTS, temporaryFolder } from '../support/server-process.ts';
import { SMALL_IMAGES } from '../support/small-images.ts';
import { skipWithoutCurl } from './curl.ts';
import { codeBlocks, codeSpans, expectInOrder, readDocument, section, tableRows } from './markdown.ts';

const GUIDE = readDocument('docs/guides/operators.md');
const run = promisify(execFile);
const [environment = ''] = codeBlocks(GUIDE.text, 'ini');
const [unit = ''] = codeBlocks(GUIDE.text, 'systemd');

async function skipWithout(context: TestContext, command: string, ...args: string[]): Promise<void> {
  await run(command, args).catch(({ code }: { code?: unknown }) => {
    if (code !== 'ENOENT') return;
    const reason = `there is no ${command} on this machine`;
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  });
}

/**
 * What stands for systemd here: a server that is really started and stopped, with the output that it had for the
 * journal. It is stopped when the script ends.
 */
const serviceFunctions = (log: string) => `
systemctl() {
  if [ "$1" = start ]; then
    node ${START_ARGUMENTS.join(' ')} >> ${log} 2>&1 &
    server=$!
    until curl -fs -o /dev/null http://127.0.0.1:3000/ready; do kill -0 $server; sleep 0.2; done
  else
    kill $server
    wait $server
  fi
}
journalctl() { tail -n 50 ${log}; }
trap 'kill $server' EXIT
`;

describe("the operator's guide", () => {
  test('its commands run as they stand, over a server that they start, stop, back up and restore', {
    timeout: 240_000,
  }, async (context) => {
    onlyWhenLarge(context);
    await skipWithoutCurl(context);
    const folder = await temporaryFolder();
    const port = await freePort();
    await mkdir(join(folder, 'lib'));
    const settings = `PORT=${port}\nDATA_DIR=${folder}/lib/data\nTRASH_DAYS=14\n`;
    await writeFile(join(folder, 'tintype.env'), settings);
    const [enter = '', ...commands] = codeBlocks(GUIDE.text, 'sh');
    await writeFile(join(folder, 'photo.jpg'), SMALL_IMAGES['image/jpeg'].bytes);
    const upload = `curl -fsS -F user_id=alice -F file=@${folder}/photo.jpg http://127.0.0.1:3000/images/upload`;
    const see = 'curl -fsS "http://127.0.0.1:3000/images?user_id=alice"';
    const begin = [enter, serviceFunctions(join(folder, 'log')), 'systemctl start tintype', upload];
    const script = [...begin, ...commands, see]
      .join('\n')
      .replaceAll('/opt/tintype', ROOT)
      .replaceAll('/etc/tintype.env', join(folder, 'tintype.env'))
      .replaceAll('/var/backups', folder)
      .replaceAll('http://127.0.0.1:3000', `http://127.0.0.1:${port}`);
    const { PATH = '', HOME = '' } = process.env;
    const { stdout } = await run('sh', ['-e', '-c', script], { env: { PATH, HOME } });
    expectInOrder(stdout, [
      '{"status":"ok"}',
      '{"status":"ready"}',
      '"msg":',
      'Filesystem',
      'alice',
      'alice',
      'tintype migrate: copies all images',
      // After the restore.
      '"filename":"photo.jpg"',
    ]);
  });

  test('its unit is one that systemd understands, and starts what npm start starts', async (context) => {
    expect(unit).toContain(`ExecStart=/opt/tintype/node_modules/.bin/node ${START_ARGUMENTS.join(' ')}\n`);
    await skipWithout(context, 'systemd-analyze', '--version');
    const path = join(await temporaryFolder(), 'tintype.service');
    await writeFile(path, unit.replaceAll('/opt/tintype/', ROOT).replaceAll('/opt/tintype', ROOT));
    const { stderr } = await run('systemd-analyze', ['verify', path]);
    expect(stderr).toBe('');
  });

  test('its settings are taken, and wait behind a proxy for tokens of an issuer', () => {
    const values = Object.fromEntries(
      environment
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s)),
    );
    expect(readConfig(values)).toMatchObject({
      host: '127.0.0.1',
      publicUrl: 'https://images.example.com',
      auth: { kind: 'jwt' },
    });
  });

  test('its configuration of nginx is one that nginx understands', async (context) => {
    await skipWithout(context, 'nginx', '-v');
    const folder = await temporaryFolder();
    const [server = ''] = codeBlocks(GUIDE.text, 'nginx');
    const pair = [
      '-keyout',
      join(folder, 'key'),
      '-out',
      join(folder, 'pem'),
      '-subj',
      '/CN=images.example.com',
    ];
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...pair]);
    const local = server
      .replace(/ssl_certificate .*;/, `ssl_certificate ${folder}/pem;`)
      .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${folder}/key;`);
    // Nothing where only root may write.
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const paths = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n');
    const http = `${paths}\naccess_log off;\n${local}`;
    const main = `pid ${folder}/pid;\nerror_log stderr;\nevents {}\n`;
    await writeFile(join(folder, 'nginx.conf'), `${main}http {\n${http}}\n`);
    await run('nginx', ['-t', '-c', join(folder, 'nginx.conf'), '-p', folder]);
  });

  test('the variables, metrics and commands that it names are there', async () => {
    const named = codeSpans(GUIDE.text);
    const variables = named.filter((span) => /^[A-Z]+(?:_[A-Z]+)+$/.test(span) && span !== 'TINTYPE_TOKEN');
    expect(variables.length).toBeGreaterThan(20);
    expect(variables.filter((name) => !VARIABLES.includes(name))).toEqual([]);
    const metrics = named.filter((span) => span.startsWith('tintype_')).map((span) => span.slice(8));
    expect(metrics.length).toBeGreaterThan(2);
    expect(metrics.filter((name) => !(name in METRICS))).toEqual([]);
    expect(tableRows(section(GUIDE, 'Woken at night')).length).toBeGreaterThan(10);
    // Those of the table; the others are run above.
    const commands = new Set(named.flatMap((span) => /^npx tintype (.*)$/.exec(span)?.[1] ?? []));
    expect([...commands].sort()).toEqual(['doctor', 'doctor --scrub', 'jobs list', 'jobs retry --all']);
  });
});
