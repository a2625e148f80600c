import { type DescribedOperation, type OpenApi, successOf } from './document.ts';
import { shapeOf } from './shape.ts';
import type { Step } from './step.ts';

/** Most times that a request with `until` is sent, a quarter of a second apart. */
const MOST_TRIES = 40;

/** 409 is what is not ready yet; another error does not go away. */
const MAY_COME = '(pm.response.code < 400 || pm.response.code === 409)';

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

/** What runs in Postman and newman when the answer has come. */
export function testScript(
  document: OpenApi,
  step: Step,
  operation: DescribedOperation | undefined,
): string[] {
  const checks = checksOf(document, step, operation);
  return step.unless === undefined ? checks : elsewhere(step.unless, checks);
}

function checksOf(document: OpenApi, step: Step, operation: DescribedOperation | undefined): string[] {
  const { status, schema } =
    operation === undefined ? { status: 200, schema: undefined } : successOf(operation);
  const later = [
    ...(schema === undefined ? [] : [fits(shapeOf(document, schema))]),
    ...Object.entries(step.holds ?? {}).map(
      ([sentence, expression]) =>
        `pm.test(${JSON.stringify(sentence)}, () => pm.expect(${expression}).to.be.true);`,
    ),
    ...Object.entries(step.keeps ?? {}).map(
      ([name, expression]) => `pm.collectionVariables.set('${name}', ${expression});`,
    ),
  ];
  const expressions = [step.until, ...Object.values(step.holds ?? {}), ...Object.values(step.keeps ?? {})];
  const needsBody = expressions.some((expression) => expression !== undefined && /\bbody\b/.test(expression));
  const answered = [
    `pm.test('answers ${status}', () => pm.response.to.have.status(${status}));`,
    ...(later.length === 0 ? [] : [`if (pm.response.code === ${status}) {`, ...indented(later), '}']),
  ];
  return [
    ...(needsBody ? [`const body = pm.response.code === ${status} ? pm.response.json() : {};`] : []),
    ...(step.until === undefined ? answered : again(step.until, answered)),
  ];
}

const fits = (shape: object) =>
  `pm.test('the body has what it should', () => pm.response.to.have.jsonSchema(${JSON.stringify(shape)}));`;

/** Sends the request again for a while, until the expression is true; then, or when that has no end, come the tests. */
function again(until: string, answered: readonly string[]): string[] {
  return [
    `const tries = Number(pm.collectionVariables.get('tries') || 0);`,
    `if (!(${until}) && ${MAY_COME} && tries < ${MOST_TRIES}) {`,
    `  // Sent again in a moment: the work behind it is not done yet.`,
    `  pm.collectionVariables.set('tries', tries + 1);`,
    '  setTimeout(() => pm.execution.setNextRequest(pm.info.requestId), 250);',
    '} else {',
    `  pm.collectionVariables.set('tries', 0);`,
    ...indented(answered),
    '}',
  ];
}

function elsewhere(other: NonNullable<Step['unless']>, checks: readonly string[]): string[] {
  const sentence = `answers ${other.status} ${other.code}: ${other.because}`;
  return [
    `if (pm.response.code === ${other.status} && pm.response.json().code === '${other.code}') {`,
    `  pm.test('${sentence}', () => {});`,
    '} else {',
    ...indented(checks),
    '}',
  ];
}
