import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { CodeDeployClient } from '@aws-sdk/client-codedeploy';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RollbackClients, rollBack } from '../src/rollback.ts';
import { functionsOf } from '../src/rows.ts';
import { stageNamed } from '../src/stages.ts';

const FUNCTIONS = functionsOf(stageNamed('prod'));

/** A stand-in for Lambda and CodeDeploy: the versions that each function has, and where its alias is. */
interface FunctionState {
  versions: number[];
  live: number;
  rollOut?: string;
}

const state = new Map<string, FunctionState>();
const stopped: unknown[] = [];
let server: Server;
let clients: RollbackClients;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '', 'http://localhost');
  const [, , , name = '', rest] = pathname.split('/');
  const found = state.get(name);
  if (request.headers['x-amz-target']) return answerCodeDeploy(request, response);
  if (!found) return send(response, 404, { Type: 'User', Message: `Function not found: ${name}` });
  if (rest === 'versions') {
    // In two pages, newest last, as Lambda has them.
    const marker = new URL(request.url ?? '', 'http://localhost').searchParams.get('Marker');
    const half = Math.ceil(found.versions.length / 2);
    const page = marker ? found.versions.slice(half) : found.versions.slice(0, half);
    const Versions = [
      ...(marker ? [] : [{ Version: '$LATEST' }]),
      ...page.map((v) => ({ Version: String(v) })),
    ];
    return send(response, 200, { Versions, ...(marker ? {} : { NextMarker: 'more' }) });
  }
  if (request.method === 'PUT') {
    const { FunctionVersion } = (await json(request)) as { FunctionVersion: string };
    found.live = Number(FunctionVersion);
  }
  return send(response, 200, { Name: 'live', FunctionVersion: String(found.live) });
}

async function answerCodeDeploy(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const input = (await json(request)) as { deploymentGroupName: string };
  if (String(request.headers['x-amz-target']).endsWith('StopDeployment')) {
    stopped.push(input);
    return send(response, 200, { status: 'Pending' });
  }
  const rollOut = state.get(input.deploymentGroupName)?.rollOut;
  return send(response, 200, { deployments: rollOut === undefined ? [] : [rollOut] });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const settings = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  clients = { lambda: new LambdaClient(settings), codedeploy: new CodeDeployClient(settings) };
});

afterAll(() => void server.close());

beforeEach(() => {
  stopped.length = 0;
  for (const { name } of FUNCTIONS)
    state.set(`tintype-prod-${name}`, { versions: [1, 2, 9, 10, 11], live: 11 });
});

const upload = () => state.get('tintype-prod-upload-image') as FunctionState;

describe('a rollback', () => {
  test('puts every alias to the highest version below its own, as numbers and over all pages', async () => {
    const lines: string[] = [];
    expect(await rollBack(clients, 'prod', (line) => lines.push(line))).toBe(0);
    expect([...state.values()].map(({ live }) => live)).toEqual(FUNCTIONS.map(() => 10));
    expect(lines).toEqual(FUNCTIONS.map(({ name }) => `${name}: version 11 to 10`));
  });

  test('done again goes one version further back', async () => {
    await rollBack(clients, 'prod', () => {});
    await rollBack(clients, 'prod', () => {});
    expect(upload().live).toBe(9);
  });

  test('leaves a function alone that has no version before, and says so', async () => {
    Object.assign(upload(), { versions: [11], live: 11 });
    const lines: string[] = [];
    expect(await rollBack(clients, 'prod', (line) => lines.push(line))).toBe(1);
    expect(upload().live).toBe(11);
    expect(lines).toContain('upload-image: stays at version 11: there is none before it');
  });

  test('stops a roll-out that goes on, and lets it go back by itself', async () => {
    upload().rollOut = 'd-ABCDEF123';
    const lines: string[] = [];
    expect(await rollBack(clients, 'prod', (line) => lines.push(line))).toBe(0);
    expect(stopped).toEqual([{ deploymentId: 'd-ABCDEF123', autoRollbackEnabled: true }]);
    expect(upload().live).toBe(11);
    expect(lines).toContain('upload-image: its roll-out d-ABCDEF123 is stopped, and goes back by itself');
  });

  test('goes on with the others where one fails, and counts it', async () => {
    state.delete('tintype-prod-view-image');
    const lines: string[] = [];
    expect(await rollBack(clients, 'prod', (line) => lines.push(line))).toBe(1);
    expect(lines).toContain('view-image: failed: Function not found: tintype-prod-view-image');
    expect(upload().live).toBe(10);
  });
});
