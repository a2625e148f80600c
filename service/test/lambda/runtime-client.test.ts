import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type FunctionsHome, startFunctionsHome } from '../support/functions-home.ts';
import { functionUrlEvent, restEvent } from '../support/gateway-events.ts';
import { queueEvent } from '../support/queue-event.ts';
import { RUNTIME_CLIENT_INSTALLED, startUnderRuntimeClient } from '../support/runtime-client-process.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { describeFunctions } from './functions.contract.ts';

const LIST = restEvent({ method: 'GET', path: '/images' });

if (RUNTIME_CLIENT_INSTALLED) {
  describe("under AWS's runtime client", describeUnderRuntimeClient);
} else {
  test("the functions under AWS's runtime client", (context) => {
    const reason = 'npm run test:lambda installs the runtime client and runs it';
    process.stdout.write(`skipped: ${context.task.name}: ${reason}\n`);
    context.skip(reason);
  });
}

function describeUnderRuntimeClient(): void {
  let home: FunctionsHome;

  beforeAll(async () => {
    home = await startFunctionsHome();
  });

  afterAll(() => home.stop());

  describeFunctions(() => home, startUnderRuntimeClient);

  test.each([
    ['PUBLIC_URL', '', 'PUBLIC_URL must say how callers reach the API.'],
    ['STORAGE', 'embedded', 'STORAGE must be aws in a function.'],
    ['IMAGES_BUCKET', '', /^IMAGES_BUCKET must .*STORAGE is aws/],
  ])('a function without its %s does not start, and says the remedy', async (name, value, remedy) => {
    await expect(startUnderRuntimeClient(home.toRun('list-images', { [name]: value }))).rejects.toMatchObject(
      {
        phase: 'init',
        message: typeof remedy === 'string' ? remedy : expect.stringMatching(remedy),
      },
    );
  });

  test('what fails is an error of its event alone: the same process answers those that follow', async () => {
    const running = await startUnderRuntimeClient(home.toRun('clean-up-object'));
    onTestFinished(() => running.stop());
    await expect(running.invoke({})).rejects.toMatchObject({ phase: 'invocation', errorType: 'TypeError' });
    for (const messageId of ['one', 'two']) {
      const answer = await running.invoke(queueEvent({ [messageId]: 'no job' }));
      expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: messageId }] });
    }
  });

  test('what fails of a function whose answers are streamed is an error of its event alone as well', async () => {
    const running = await startUnderRuntimeClient(home.toRun('render-missing'));
    onTestFinished(() => running.stop());
    await expect(running.invoke({})).rejects.toMatchObject({ phase: 'invocation', errorType: 'TypeError' });
    for (const path of ['/', '/.renditions/alice/none']) {
      expect(await running.invoke(functionUrlEvent(path))).toMatchObject({ statusCode: 404 });
    }
  });

  test('a function is told of its event: id, deadline and ARN', async () => {
    await using folder = await scratchFolder();
    await writeFile(
      join(folder.path, 'index.mjs'),
      `export const handler = async (event, context) =>
        ({ event, ...context, left: context.getRemainingTimeInMillis(), variables: Object.keys(process.env) });`,
    );
    const told = home.toRun('view-image');
    const running = await startUnderRuntimeClient({ ...told, folder: folder.path });
    onTestFinished(() => running.stop());
    const first = (await running.invoke(LIST)) as Record<string, unknown>;
    const second = (await running.invoke(LIST)) as Record<string, unknown>;
    expect(first).toMatchObject({
      event: LIST,
      functionName: 'view-image',
      memoryLimitInMB: String(told.memoryMb),
      invokedFunctionArn: expect.stringMatching(/^arn:aws:lambda:.*:function:view-image$/),
    });
    expect(first['left']).toBeGreaterThan(0);
    expect(first['left']).toBeLessThanOrEqual(told.timeoutSeconds * 1000);
    expect(first['awsRequestId']).not.toBe(second['awsRequestId']);
    const ours = (first['variables'] as string[]).filter(
      (name) => !/^(_|AWS_|LAMBDA_|LANG$|PATH$|TZ$)/.test(name),
    );
    expect(ours.sort()).toEqual(
      Object.keys(told.env)
        .filter((name) => !name.startsWith('AWS_'))
        .sort(),
    );
  });
}
