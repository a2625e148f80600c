import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { propertiesOf } from '../../../test/support/stored-bytes.ts';
import { createAwsClients, createCopyClient, destroyAwsClients } from './clients.ts';
import { S3UploadStore } from './s3-upload-store.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A store over a server that answers copies so, and to whatever else that there is nothing. */
async function storeOver(answerCopy: RequestListener) {
  let copies = 0;
  const server = createServer((request, response) => {
    if (request.headers['x-amz-copy-source'] === undefined) return response.writeHead(404).end();
    copies++;
    return answerCopy(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const location = {
    endpoints: { s3: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    s3PathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  };
  const clients = createAwsClients(location);
  const copier = createCopyClient(location);
  closing.push(() => {
    destroyAwsClients(clients);
    copier.destroy();
    server.closeAllConnections();
    server.close();
  });
  const store = new S3UploadStore({ client: clients.s3, copier, bucket: 'pictures' });
  const bytes = Buffer.from('bytes');
  const accept = () => store.accept('.uploads/alice/one', '"x"', 'alice/one', propertiesOf(bytes));
  const checksum = Buffer.from(propertiesOf(bytes).checksum_sha256, 'hex').toString('base64');
  return { accept, checksum, copies: () => copies };
}

describe('an answer of S3 to a copy, begun with 200 before it is done,', () => {
  test('that ends as an error is a failure, after it has been tried again', async () => {
    const { accept, copies } = await storeOver((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.write('<?xml version="1.0" encoding="UTF-8"?>\n   ');
      response.end('<Error><Code>InternalError</Code><Message>Please try again.</Message></Error>');
    });
    await expect(accept()).rejects.toMatchObject({ code: 'unavailable', cause: { name: 'InternalError' } });
    expect(copies()).toBeGreaterThan(1);
  });

  test('that ends with nothing is a failure', async () => {
    const { accept } = await storeOver((_request, response) => response.writeHead(200).end());
    await expect(accept()).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('that ends well after blanks is a success', async () => {
    const { accept, checksum, copies } = await storeOver((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.write('<?xml version="1.0" encoding="UTF-8"?>\n   ');
      response.end(
        `<CopyObjectResult><ETag>"x"</ETag><ChecksumSHA256>${checksum}</ChecksumSHA256></CopyObjectResult>`,
      );
    });
    await accept();
    expect(copies()).toBe(1);
  });
});
