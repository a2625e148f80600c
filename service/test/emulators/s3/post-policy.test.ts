import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, test } from 'vitest';
import { EMULATOR_CREDENTIALS, EMULATOR_REGION } from '../credentials.ts';
import { startS3 } from './s3.ts';
import { answered, BUCKET, clientAt, createSampleBucket, outcome } from './sample-bucket.ts';
import { sign } from './signature-v4.ts';

const s3 = await startS3();
const client = clientAt(s3.endpoint);
await createSampleBucket(client);
afterAll(() => s3.stop());

type Fields = Readonly<Record<string, string>>;

/** What a service hands out for one upload. */
interface Permission {
  readonly conditions: readonly unknown[];
  readonly fields: Fields;
  readonly secret?: string;
  readonly accessKey?: string;
  readonly expiresInSeconds?: number;
}

function signedFields({ conditions, fields, ...more }: Permission): Fields {
  const { secret = EMULATOR_CREDENTIALS.secretAccessKey, accessKey = EMULATOR_CREDENTIALS.accessKeyId } =
    more;
  const date = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const scope = `${date.slice(0, 8)}/${EMULATOR_REGION}/s3/aws4_request`;
  const signing = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKey}/${scope}`,
    'X-Amz-Date': date,
  };
  const policy = Buffer.from(
    JSON.stringify({
      expiration: new Date(Date.now() + (more.expiresInSeconds ?? 60) * 1000).toISOString(),
      conditions: [...conditions, ...Object.entries(signing).map(([name, value]) => ({ [name]: value }))],
    }),
  ).toString('base64');
  return { ...fields, ...signing, Policy: policy, 'X-Amz-Signature': sign(secret, scope, policy) };
}

async function post(fields: Fields, file: string, more: (form: FormData) => void = () => {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  more(form);
  form.append('file', new Blob([file], { type: 'text/html' }), 'page.html');
  return outcome(await fetch(`${s3.endpoint}/${BUCKET}`, { method: 'POST', body: form }));
}

const head = (Key: string, more: object = {}) =>
  client.send(new HeadObjectCommand({ Bucket: BUCKET, Key, ...more }));

/** A policy for one key, of one type, of 1 to 10 bytes. */
function permissionFor(key: string, more: Partial<Permission> = {}): Permission {
  return {
    conditions: [
      { bucket: BUCKET },
      ['eq', '$key', key],
      ['eq', '$Content-Type', 'image/png'],
      ['content-length-range', 1, 10],
      ['starts-with', '$x-amz-meta-owner', 'u'],
    ],
    fields: { key, 'Content-Type': 'image/png', 'x-amz-meta-owner': 'u9' },
    ...more,
  };
}

describe('a form', () => {
  test('that its policy allows is stored, as its fields say', async () => {
    expect(await post(signedFields(permissionFor('allowed')), 'hello')).toEqual([204]);
    const { ContentType, Metadata, Body } = await client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: 'allowed' }),
    );
    expect([ContentType, Metadata, await Body?.transformToString()]).toEqual([
      'image/png',
      { owner: 'u9' },
      'hello',
    ]);
  });

  test('may be as large as its policy allows, and no larger or smaller', async () => {
    const fields = signedFields(permissionFor('sized'));
    expect(await post(fields, 'x'.repeat(11))).toEqual([400, 'EntityTooLarge']);
    expect(await post(fields, '')).toEqual([400, 'EntityTooSmall']);
    await expect(head('sized')).rejects.toMatchObject(answered(404));
    expect(await post(fields, 'x'.repeat(10))).toEqual([204]);
    expect(await post(fields, 'x')).toEqual([204]);
  });

  test.each<[string, Fields]>([
    ['another key', { key: 'another' }],
    ['another type', { 'Content-Type': 'text/html' }],
    ['metadata that begin otherwise', { 'x-amz-meta-owner': 'v' }],
    ['a field that its policy does not name', { 'Cache-Control': 'public' }],
  ])('with %s is refused', async (_what, changed) => {
    const fields = { ...signedFields(permissionFor('refused')), ...changed };
    expect(await post(fields, 'hello')).toEqual([403, 'AccessDenied']);
    await expect(head('refused')).rejects.toMatchObject(answered(404));
  });
});

describe('a form that was not handed out so', () => {
  test('for another bucket is refused', async () => {
    const { fields } = permissionFor('elsewhere');
    const conditions = [{ bucket: 'another' }, ...Object.entries(fields).map(([k, v]) => ({ [k]: v }))];
    expect(await post(signedFields({ conditions, fields }), 'hello')).toEqual([403, 'AccessDenied']);
  });

  test('after its policy has expired is refused', async () => {
    const expired = permissionFor('late', { expiresInSeconds: -1 });
    expect(await post(signedFields(expired), 'hello')).toEqual([403, 'AccessDenied']);
  });

  test('whose policy somebody else has written is refused', async () => {
    const fields = signedFields(permissionFor('forged'));
    const policy = JSON.parse(Buffer.from(fields['Policy'] ?? '', 'base64').toString());
    policy.conditions[3] = ['content-length-range', 1, 1_000_000];
    const forged = { ...fields, Policy: Buffer.from(JSON.stringify(policy)).toString('base64') };
    const refused = [403, 'SignatureDoesNotMatch'];
    expect(await post(forged, 'x'.repeat(500))).toEqual(refused);
    expect(await post(signedFields(permissionFor('forged', { secret: 'wrong' })), 'hello')).toEqual(refused);
    expect(await post(signedFields(permissionFor('forged', { accessKey: 'STRANGER' })), 'hello')).toEqual([
      403,
      'InvalidAccessKeyId',
    ]);
    expect(await post({ key: 'forged' }, 'hello')).toEqual([403, 'AccessDenied']);
    const senseless = { ...permissionFor('forged'), conditions: [['between', '$key', 'a']] };
    expect(await post(signedFields(senseless), 'hello')).toEqual([400, 'InvalidPolicyDocument']);
  });

  test('with a checksum must have the bytes of it', async () => {
    const sum = createHash('sha256').update('hello').digest('base64');
    const permission = permissionFor('summed');
    const fields = signedFields({
      conditions: [...permission.conditions, { 'x-amz-checksum-sha256': sum }],
      fields: { ...permission.fields, 'x-amz-checksum-sha256': sum },
    });
    expect(await post(fields, 'hellO')).toEqual([400, 'BadDigest']);
    await expect(head('summed')).rejects.toMatchObject(answered(404));
    expect(await post(fields, 'hello')).toEqual([204]);
    expect((await head('summed', { ChecksumMode: 'ENABLED' })).ChecksumSHA256).toBe(sum);
  });

  test('must be unambiguous and whole', async () => {
    const fields = signedFields(permissionFor('twice'));
    expect(await post(fields, 'hello', (form) => form.append('key', 'other'))).toEqual([
      400,
      'InvalidArgument',
    ]);
    const second = (form: FormData) => form.append('upload', new Blob(['evil']), 'evil.html');
    expect(await post(fields, 'hello', second)).toEqual([400, 'MalformedPOSTRequest']);
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const fileless = await fetch(`${s3.endpoint}/${BUCKET}`, { method: 'POST', body: form });
    expect(await outcome(fileless)).toEqual([400, 'InvalidArgument']);
  });

  test('with a field that would be ignored is refused with 501', async () => {
    const fields = { ...signedFields(permissionFor('acl')), acl: 'public-read' };
    expect(await post(fields, 'hello')).toEqual([501, 'NotImplemented']);
  });
});
