import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stageNamed } from '../infra/src/stages.ts';

const HELP = `npm run synth -- [--stage NAME]            templates, into build/cdk/NAME
npm run diff -- [--stage NAME]             what a deployment would change
npm run release -- [--stage NAME]          the same for CloudFormation alone, into build/release/NAME
npm run deploy -- [--stage NAME] [--yes]   bundles, templates, the gallery, and all of it to the account

  --stage NAME   dev (default), staging, prod or another: infra/src/stages.ts
  --yes          asks nothing before permissions change
`;

/** `npm run synth`, `release`, `diff` and `deploy`: CDK's command, with what it needs made first. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    stage: { type: 'string', default: 'dev' },
    yes: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [command = ''] = positionals;
const root = fileURLToPath(new URL('..', import.meta.url));
const infra = `${root}infra`;
if (values.help || !['synth', 'release', 'diff', 'deploy'].includes(command)) {
  process.stdout.write(HELP);
} else {
  if (!existsSync(`${infra}/node_modules`))
    run('npm', 'ci', '--ignore-scripts', '--no-audit', '--prefix', infra);
  run(process.execPath, '--import', './scripts/require-node.mjs', 'scripts/build-lambdas.ts');
  const out = `${root}build/cdk/${values.stage}`;
  if (command === 'synth' || command === 'release') synthesize(out);
  else cdk(out);
  if (command === 'deploy') publishGallery(out);
  if (command === 'release') {
    run(process.execPath, `${infra}/src/release-command.ts`, out, `${root}build/release/${values.stage}`);
  }
}

/** The app alone: CDK's command adds nothing to its templates but time. */
function synthesize(out: string): void {
  const context = JSON.stringify({ stage: values.stage });
  process.env['CDK_OUTDIR'] = out;
  process.env['CDK_CONTEXT_JSON'] = context;
  // CDK's library is large: what V8 has made of it once is kept.
  process.env['NODE_COMPILE_CACHE'] = `${infra}/node_modules/.cache/node-compile`;
  run(process.execPath, `${infra}/src/app.ts`);
  process.stdout.write(`The templates are in build/cdk/${values.stage}.\n`);
}

function cdk(out: string): void {
  const app = `${process.execPath} ${infra}/src/app.ts`;
  const approval = values.yes ? ['--require-approval', 'never'] : [];
  const forCommand = command === 'deploy' ? [...approval, '--outputs-file', outputsOf(out)] : [];
  const common = ['--app', app, '--output', out, '--context', `stage=${values.stage}`, '--no-notices'];
  run(`${infra}/node_modules/.bin/cdk`, command, '--all', ...common, ...forCommand);
}

/** Where CDK writes what the stacks have put out. */
function outputsOf(out: string): string {
  return `${out}-outputs.json`;
}

/** The page's files, where the stage has a page: into the bucket that has just been made. */
function publishGallery(out: string): void {
  const { name, region, gallery } = stageNamed(values.stage);
  if (!gallery) return;
  const outputs = JSON.parse(readFileSync(outputsOf(out), 'utf8')) as Record<string, Record<string, string>>;
  const bucket = outputs[`Tintype-${name}-gallery`]?.['GalleryBucket'] ?? '';
  const requireNode = ['--import', './scripts/require-node.mjs'];
  run(process.execPath, ...requireNode, 'scripts/prepare.mjs');
  run(process.execPath, ...requireNode, 'scripts/publish-gallery.ts', '--bucket', bucket, '--region', region);
}

/** Runs it with this terminal; its failure is ours. */
function run(program: string, ...args: readonly string[]): void {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
