import { afterAll, beforeAll, test } from 'vitest';
import { startFunction } from '../support/function-process.ts';
import { type FunctionsHome, startFunctionsHome } from '../support/functions-home.ts';
import { LARGE, onlyWhenLarge } from '../support/large.ts';
import { RUNTIME_CLIENT_INSTALLED } from '../support/runtime-client-process.ts';
import { describeFunctions } from './functions.contract.ts';

// `npm run test:lambda` puts them through the same under AWS's own runtime client, which says more.
if (LARGE && !RUNTIME_CLIENT_INSTALLED) {
  let home: FunctionsHome;

  beforeAll(async () => {
    home = await startFunctionsHome();
  });

  afterAll(() => home.stop());

  describeFunctions(() => home, startFunction);
} else {
  test('the built functions, each in a process of ours', (context) => {
    onlyWhenLarge(context);
    const reason = "npm run test:lambda runs them under AWS's own runtime client, which is installed";
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  });
}
