import { describe, expect, test } from 'vitest';
import { description, Failure, reasonOf } from './failure.ts';

const coded = (code: string, message = '') => Object.assign(new Error(message), { code });

describe('the word for an error', () => {
  test.each([
    ['ETIMEDOUT', 'connecting', 'timeout'],
    ['ECONNREFUSED', 'connecting', 'connection'],
    ['ENETUNREACH', 'connecting', 'connection'],
    ['ECONNRESET', 'securing', 'connection'],
    ['EPIPE', 'securing', 'connection'],
    ['EPROTO', 'securing', 'tls'],
    ['CERT_HAS_EXPIRED', 'securing', 'tls'],
    ['A_CODE_THAT_IS_NEW', 'securing', 'tls'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'open', 'tls'],
    ['ECONNRESET', 'open', 'connection'],
    ['HPE_INVALID_CONSTANT', 'open', 'connection'],
  ] as const)('%s while %s is %s', (code, stage, reason) => {
    expect(reasonOf(coded(code), stage)).toBe(reason);
  });

  test('is its own where it has one', () => {
    const failure = new Failure('address_not_allowed', 'x', { cause: coded('ETIMEDOUT') });
    expect(reasonOf(failure, 'securing')).toBe('address_not_allowed');
  });

  test('is the connection for what is no error', () => {
    expect([undefined, null, 'x', new Error('x')].map((error) => reasonOf(error, 'open'))).toEqual(
      Array(4).fill('connection'),
    );
  });
});

describe('the description of an error', () => {
  test('has the code and the message, of the cause where there is one', () => {
    expect(description(coded('A', 'b'))).toBe('A: b');
    expect(description(new Failure('timeout', 'late'))).toBe('late');
    expect(description(new Failure('name_not_found', 'x', { cause: coded('A', 'b') }))).toBe('A: b');
  });

  test('has all of several, as of several addresses', () => {
    expect(description(new AggregateError([coded('A', 'b'), coded('C', 'd')]))).toBe('A: b; C: d');
  });

  test('is not as long as others would have it, and has nothing of what hangs on an error', () => {
    expect(description(coded('A', 'b'.repeat(1000)))).toHaveLength(300);
    const error = Object.assign(coded('A', 'b'), { rawPacket: Buffer.from('bytes'), cert: { subject: 'c' } });
    expect(description(error)).toBe('A: b');
  });
});
