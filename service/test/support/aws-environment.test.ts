import { expect, test } from 'vitest';
import { modeOf, ON_EMULATORS, placesOf } from './aws-environment.ts';

const MODE = { TINTYPE_TEST_AWS: 'environment' };
const CONSENT = { ...MODE, TINTYPE_TEST_AWS_ACCOUNT: 'true' };
const emulator = { kind: 'emulator' };
const engine = (endpoint: string) => ({ kind: 'engine', endpoint });

test('without the mode, tests over AWS stay in their process, whatever the environment points to', () => {
  const { TINTYPE_TEST_AWS: _mode, ...others } = CONSENT;
  expect(placesOf({ ...others, AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' })).toEqual(ON_EMULATORS);
});

test('a service without an endpoint stays on its emulator', () => {
  const places = placesOf({ ...MODE, AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8000/' });
  expect(places).toEqual({ dynamodb: engine('http://127.0.0.1:8000'), s3: emulator, sqs: emulator });
});

test("the endpoint for all is for those that have none of their own; an empty one is the emulator's", () => {
  const places = placesOf({
    ...MODE,
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000',
    AWS_ENDPOINT_URL_SQS: '',
  });
  expect(places).toEqual({
    dynamodb: engine('http://127.0.0.1:4566'),
    s3: engine('http://127.0.0.1:9000'),
    sqs: emulator,
  });
});

test('credentials, a profile and a region are no consent to use an account', () => {
  const account = {
    AWS_PROFILE: 'work',
    AWS_ACCESS_KEY_ID: 'A',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_REGION: 'x',
  };
  for (const consent of [{}, { TINTYPE_TEST_AWS_ACCOUNT: '' }, { TINTYPE_TEST_AWS_ACCOUNT: 'false' }]) {
    expect(placesOf({ ...MODE, ...account, ...consent })).toEqual(ON_EMULATORS);
  }
});

test('with consent, what has no endpoint is AWS itself', () => {
  const places = placesOf({ ...CONSENT, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' });
  expect(places).toEqual({
    dynamodb: { kind: 'account' },
    s3: engine('http://127.0.0.1:9000'),
    sqs: { kind: 'account' },
  });
});

test.each([
  'https://dynamodb.eu-west-1.amazonaws.com',
  'https://DynamoDB.eu-west-1.AmazonAWS.com.',
  'https://s3.cn-north-1.amazonaws.com.cn',
  'https://dynamodb.eu-west-1.api.aws',
])('an endpoint of AWS itself needs the consent as well: %s', (url) => {
  expect(() => placesOf({ ...MODE, AWS_ENDPOINT_URL_DYNAMODB: url })).toThrow('TINTYPE_TEST_AWS_ACCOUNT');
  expect(placesOf({ ...CONSENT, AWS_ENDPOINT_URL_DYNAMODB: url }).dynamodb).toEqual(engine(url));
});

test('a name that only ends like that of AWS is no endpoint of AWS', () => {
  const url = 'http://notamazonaws.com:8000';
  expect(placesOf({ ...MODE, AWS_ENDPOINT_URL_DYNAMODB: url }).dynamodb).toEqual(engine(url));
});

test('a mode that does not exist is refused', () => {
  expect(() => modeOf({ TINTYPE_TEST_AWS: 'true' })).toThrow('TINTYPE_TEST_AWS');
});
