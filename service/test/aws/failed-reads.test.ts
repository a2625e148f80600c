import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { expectImage, expectList } from '../support/answers.ts';
import { answerLost, DYNAMODB_DOWN, type Fault, jsonError, RECORD } from '../support/faults.ts';
import {
  breakCredentials,
  expectUnavailable,
  homeWithImage,
  openFaultyHome,
  tryUpload,
} from '../support/faulty-home.ts';
import { onlyWhenLarge } from '../support/large.ts';
import { sampleRecord } from '../support/sample-record.ts';

// Requests that time out, over the emulators; http/errors.test.ts has failing parts in every run.
beforeEach(onlyWhenLarge);

/** The pauses between tries are random shares of a length that grows: here they are always the smallest. */
beforeEach(() => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0);
  return () => random.mockRestore();
});

const READ_FAULTS: readonly (readonly [what: string, fault: Fault])[] = [
  ['fails', DYNAMODB_DOWN],
  ['throttles for good', jsonError('ThrottlingException', 400)],
  ['exceeds its throughput for good', jsonError('ProvisionedThroughputExceededException', 400)],
  ['does not answer', answerLost],
  ['refuses', jsonError('AccessDeniedException', 400)],
  ['has no table', jsonError('ResourceNotFoundException', 400)],
];

describe('what only reads', () => {
  test.each(READ_FAULTS)('is 503 and never 404 or empty while DynamoDB %s', async (_what, fault) => {
    const { home, image_id, view } = await homeWithImage();
    home.faults.set({ ...RECORD, fault }, { at: 'Query', fault });
    const path = `/images/${image_id}`;
    await expectUnavailable(await view());
    await expectUnavailable(await home.request(`${path}/content`));
    await expectUnavailable(await home.request(path, { method: 'PATCH', body: '{"title":"x"}' }));
    await expectUnavailable(await home.request(path, { method: 'DELETE' }));
    for (const query of ['', '?user_id=alice', '?tag=sea', '?tag=sea&tag=dusk']) {
      await expectUnavailable(await home.request(`/images${query}`));
    }
    home.faults.set();
    await expectImage(await view());
    expect((await expectList(await home.request('/images'))).count).toBe(1);
    expect(home.queued).toEqual([]);
  });

  test('of all users is 503, and no shorter list, when one shard cannot be read', async () => {
    const { home } = await homeWithImage();
    home.faults.set({ at: 'Query', holding: 'FEED#2', fault: DYNAMODB_DOWN });
    await expectUnavailable(await home.request('/images'));
    expect(home.faults.met('Query')).toBe(4); // As often as the SDK tries.
    expect((await expectList(await home.request('/images?user_id=alice'))).count).toBe(1);
    home.faults.set({ at: 'Query', holding: 'FEED#2', fault: DYNAMODB_DOWN, times: 2 });
    expect((await expectList(await home.request('/images'))).count).toBe(1);
  });

  test('is 503 when no URL can be signed, since the credentials are broken', async () => {
    const { home, image_id, view } = await homeWithImage();
    const mend = breakCredentials(home);
    await expectUnavailable(await view());
    await expectUnavailable(await home.request(`/images/${image_id}/content`));
    await expectUnavailable(await home.request('/images'));
    mend();
    await expectImage(await view());
  });
});

/** The port of a server that takes connections and never says a word, or of none at all. */
async function deadEndpoint(listening: boolean): Promise<string> {
  const server = createServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  if (listening) onTestFinished(close);
  else await close();
  return `http://127.0.0.1:${port}`;
}

describe('a connection', () => {
  test.each([
    ['S3', 'silent', 's3', true],
    ['S3', 'refused', 's3', false],
    ['DynamoDB', 'silent', 'dynamodb', true],
    ['DynamoDB', 'refused', 'dynamodb', false],
  ] as const)(
    'to %s that is %s ends in 503, and in no end of waiting',
    async (_who, _how, which, listening) => {
      const endpoints = { [which]: await deadEndpoint(listening) };
      const home = await openFaultyHome({ endpoints, silenceMs: 100 });
      await expectUnavailable(await tryUpload(home));
      await expectUnavailable(await home.request('/ready'));
      if (which === 'dynamodb') {
        await expectUnavailable(await home.request('/images'));
        await expectUnavailable(await home.request(`/images/${sampleRecord().image_id}`));
      }
      // Without DynamoDB nothing gets as far as S3: room is reserved first.
      expect(home.queued).toHaveLength(which === 'dynamodb' ? 0 : 1);
    },
  );
});
