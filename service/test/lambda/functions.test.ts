import { afterAll, beforeAll, test } from 'vitest';
import { startFunction } from '../support/function-process.ts';
import { type FunctionsHome, startFunctionsHome } from '../support/functions-home.ts';
import { LARGE, onlyWhenLarge } from '../support/large.ts';
import { describeFunctions } from './functions.contract.ts';

// `npm run test:lambda` puts them through the same under AWS's own runtime client.
if (LARGE) {
  let home: FunctionsHome;

  beforeAll(async () => {
    home = await startFunctionsHome();
  });

  afterAll(() => home.stop());

  describeFunctions(() => home, startFunction);
} else {
  test('the built functions, each in a process of ours', onlyWhenLarge);
}
