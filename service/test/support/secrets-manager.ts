import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Stands in for AWS Secrets Manager. */
export interface SecretsManager {
  /** For AWS_ENDPOINT_URL_SECRETS_MANAGER. */
  readonly endpoint: string;
  /** The ids of the secrets that it was asked for since the last call. */
  taken(): readonly string[];
  stop(): Promise<void>;
}

/** @param secrets the text of each by its ARN; of every other there is none. */
export async function startSecretsManager(secrets: ReadonlyMap<string, string>): Promise<SecretsManager> {
  let asked: string[] = [];
  const server = createServer(async (request, response) => {
    const { SecretId } = JSON.parse(await text(request)) as { SecretId: string };
    asked.push(SecretId);
    const SecretString = secrets.get(SecretId);
    const found = SecretString !== undefined;
    response.writeHead(found ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(found ? { SecretString } : NO_SUCH_SECRET));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken() {
      const taken = asked;
      asked = [];
      return taken;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const NO_SUCH_SECRET = { __type: 'ResourceNotFoundException', message: "can't find the specified secret." };
