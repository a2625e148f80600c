import { afterAll, beforeAll } from 'vitest';
import { startFunction } from '../support/function-process.ts';
import { type FunctionsHome, startFunctionsHome } from '../support/functions-home.ts';
import { describeFunctions } from './functions.contract.ts';

let home: FunctionsHome;

beforeAll(async () => {
  home = await startFunctionsHome();
});

afterAll(() => home.stop());

describeFunctions(() => home, startFunction);
