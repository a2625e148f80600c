import { parseArgs } from 'node:util';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { rollBack } from './rollback.ts';
import { stageNamed } from './stages.ts';

/** `npm run rollback -- --stage NAME`. */
const { values } = parseArgs({ options: { stage: { type: 'string' } } });
if (values.stage === undefined) {
  process.stderr.write('Say which stage: npm run rollback -- --stage prod\n');
  process.exitCode = 1;
} else {
  const { name, region } = stageNamed(values.stage);
  const clients = { lambda: new LambdaClient({ region }), codedeploy: new CodeDeployClient({ region }) };
  const left = await rollBack(clients, name, (line) => process.stdout.write(`${line}\n`));
  process.exitCode = left > 0 ? 1 : 0;
}
