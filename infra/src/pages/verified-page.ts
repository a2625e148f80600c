import { table } from './table.ts';
import { nameOfEmulator, type Verified } from './verification.ts';
import { VERIFIED } from './verified.ts';

/** docs/verified.md: what of AWS has run, what is only said in the templates, and what nobody has seen. */
export function verifiedPage(): string {
  const rows = VERIFIED.map((entry) => [entry.feature, howFar(entry), by(entry), types(entry)]);
  return `# What is verified of AWS

Written by \`npm run pages\` from \`infra/src/pages/verified.ts\`; tests hold it against the tests that it names and
against the resources of the templates. Do not edit it by hand.

Nothing here has run on an account of AWS. *Run on* an emulator: the code of this project was run against it, which
shows as much as the emulator is like AWS. *Asserted in the template*: a test says that CloudFormation is told so.
*Not run here*: only a deployment can show it (\`npm run smoke\`, [Deploying](deploying.md)).

${table(['Feature', 'How far', 'By', 'Resources'], rows)}
`;
}

function howFar(entry: Verified): string {
  if (entry.how === 'emulator') return `*run on ${nameOfEmulator(entry.on)}*`;
  return entry.how === 'template' ? '*asserted in the template*' : '*not run here*';
}

function by(entry: Verified): string {
  if (entry.how === 'not run') return entry.because;
  return [...new Set(entry.proofs.map(({ file }) => `\`${file}\``))].join(', ');
}

const types = ({ resources }: Verified) => resources.map((type) => `\`${type}\``).join(', ');
