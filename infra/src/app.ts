import { newApp } from './checked-app.ts';
import { makeStacks } from './stacks.ts';
import { stageNamed } from './stages.ts';

/** What CDK's command runs: `-c stage=NAME` says which stage. */
const app = newApp();
const stage: unknown = app.node.tryGetContext('stage');
makeStacks(app, stageNamed(typeof stage === 'string' ? stage : 'dev'), process.env['CDK_DEFAULT_ACCOUNT']);
app.synth();
