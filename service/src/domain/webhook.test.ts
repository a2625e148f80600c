import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signedHeaders } from './webhook.ts';

/** The example of https://github.com/standard-webhooks/standard-webhooks, whose libraries are tested with it. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const MESSAGE = { message_id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
const AT = 1_614_265_330_000;
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const OTHER_SECRET = `whsec_${Buffer.from('another secret, of 32 bytes long').toString('base64')}`;

const signatureOf = (message: { message_id: string; body: string }, secret = SECRET, now = AT) =>
  signedHeaders(message, [secret], now)['webhook-signature'];

describe('the headers of a message', () => {
  test('are those of the published example', () => {
    expect(signedHeaders(MESSAGE, [SECRET], AT)).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    });
  });

  test('tell the time in whole seconds that have passed', () => {
    expect(signedHeaders(MESSAGE, [SECRET], AT + 999)).toEqual(signedHeaders(MESSAGE, [SECRET], AT));
    expect(signedHeaders(MESSAGE, [SECRET], AT + 1000)['webhook-timestamp']).toBe('1614265331');
  });

  test('have a signature by each secret, in their order', () => {
    const other = signatureOf(MESSAGE, OTHER_SECRET);
    expect(other).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(other).not.toBe(SIGNATURE);
    const both = (secrets: readonly string[]) => signedHeaders(MESSAGE, secrets, AT)['webhook-signature'];
    expect(both([OTHER_SECRET, SECRET])).toBe(`${other} ${SIGNATURE}`);
    expect(both([SECRET, OTHER_SECRET])).toBe(`${SIGNATURE} ${other}`);
  });

  test('show nothing of the secrets', () => {
    const text = JSON.stringify(signedHeaders(MESSAGE, [SECRET, OTHER_SECRET], AT));
    for (const secret of [SECRET, OTHER_SECRET]) expect(text).not.toContain(secret.slice(6, 14));
  });
});

describe('a signature', () => {
  const text = fc.string({ unit: 'grapheme' });
  const id = fc.stringMatching(/^msg_[A-Za-z0-9]{1,30}$/);
  const second = fc.nat(4_000_000_000);
  const message = fc.record({ message_id: id, body: text });

  test('is of one body, one id and one time', () => {
    fc.assert(
      fc.property(message, message, second, second, (one, other, then, later) => {
        const signature = signatureOf(one, SECRET, then * 1000);
        expect(signatureOf({ ...one }, SECRET, then * 1000)).toBe(signature);
        const changed = [
          [{ ...one, body: other.body }, then, one.body === other.body],
          [{ ...one, message_id: other.message_id }, then, one.message_id === other.message_id],
          [one, later, then === later],
          [{ ...one, body: `${one.body} ` }, then, false],
        ] as const;
        for (const [what, when, isSame] of changed) {
          expect(signatureOf(what, SECRET, when * 1000) === signature).toBe(isSame);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('is of the bytes of the body as UTF-8, each of them', () => {
    const signatures = ['ü', 'u\u0308', 'u', 'Ã¼', ''].map((body) => signatureOf({ ...MESSAGE, body }));
    expect(new Set(signatures).size).toBe(signatures.length);
  });

  test('is another by another secret', () => {
    fc.assert(
      fc.property(message, fc.uint8Array({ minLength: 24, maxLength: 64 }), (one, bytes) => {
        const secret = `whsec_${Buffer.from(bytes).toString('base64')}`;
        expect(signatureOf(one, secret)).not.toBe(signatureOf(one));
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
