import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeRelease } from '../src/release.ts';

const TEMPLATE = {
  Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>' } },
  Rules: { CheckBootstrapVersion: { Assertions: [] } },
  Resources: {
    View: {
      Type: 'AWS::Lambda::Function',
      Properties: { Code: { S3Bucket: 'cdk-assets-123456789012', S3Key: 'abc.zip' } },
    },
    Bucket: { Type: 'AWS::S3::Bucket' },
  },
};

let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tintype-release-'));
  const assembly = join(scratch, 'assembly');
  await mkdir(join(assembly, 'asset.abc/node_modules/sharp'), { recursive: true });
  await writeFile(join(assembly, 'asset.abc/node_modules/sharp/package.json'), '{}');
  await writeFile(join(assembly, 'asset.abc/index.mjs'), 'export const handler = 1;');
  await writeFile(join(assembly, 'service.template.json'), JSON.stringify(TEMPLATE));
  await writeFile(
    join(assembly, 'data.template.json'),
    JSON.stringify({ Resources: { T: { Type: 'AWS::SQS::Queue' } } }),
  );
  await writeFile(join(assembly, 'manifest.json'), '{}');
});

afterEach(() => rm(scratch, { recursive: true }));

const release = () => makeRelease(join(scratch, 'assembly'), join(scratch, 'release'));
const read = async (name: string) => JSON.parse(await readFile(join(scratch, 'release', name), 'utf8'));

describe('a release for CloudFormation alone', () => {
  test('has the templates and the code, and nothing of CDK', async () => {
    const names = await release();
    expect(names.sort()).toEqual(['abc.zip', 'data.template.json', 'service.template.json']);
    expect((await readdir(join(scratch, 'release'))).sort()).toEqual(names);
    expect(JSON.stringify(await read('service.template.json'))).not.toMatch(/cdk-assets|Bootstrap/);
  });

  test('takes the bucket of the code as a parameter, where there is code', async () => {
    await release();
    const { Parameters, Resources } = await read('service.template.json');
    expect(Parameters).toEqual({ CodeBucket: { Type: 'String', Description: expect.any(String) } });
    expect(Resources.View.Properties.Code).toEqual({ S3Bucket: { Ref: 'CodeBucket' }, S3Key: 'abc.zip' });
    expect((await read('data.template.json')).Parameters).toBeUndefined();
  });

  test('has archives that hold the code, the same bytes for the same files', async () => {
    await release();
    const first = await readFile(join(scratch, 'release/abc.zip'));
    const files = unzipSync(first);
    expect(Object.keys(files)).toEqual(['index.mjs', 'node_modules/sharp/package.json']);
    expect(strFromU8(files['index.mjs'] ?? new Uint8Array())).toBe('export const handler = 1;');
    await release();
    expect(await readFile(join(scratch, 'release/abc.zip'))).toEqual(first);
  });

  test('leaves nothing of an older release', async () => {
    await mkdir(join(scratch, 'release'));
    await writeFile(join(scratch, 'release/old.zip'), '');
    await release();
    expect(await readdir(join(scratch, 'release'))).not.toContain('old.zip');
  });
});
