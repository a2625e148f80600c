import { expect } from 'vitest';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { expectProblem } from './answers.ts';
import type { TestHome } from './homes.ts';
import type { Call } from './uploads.ts';

/** Something that must be refused: what it is, how it is sent, what the answer says. */
export type Refusal = readonly [what: string, call: Call, code: ErrorCode, field: string | undefined];

/** Sends what must be refused; nothing of it may be left. */
export async function expectRefusal(
  home: Pick<TestHome, 'request' | 'stored'>,
  [, { path, init }, code, field]: Refusal,
): Promise<void> {
  const before = await home.stored();
  const problem = await expectProblem(await home.request(path, init), code, field);
  if (field === undefined) expect(problem.errors).toBeUndefined();
  expect(await home.stored()).toEqual(before);
}
