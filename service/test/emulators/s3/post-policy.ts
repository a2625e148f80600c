import { verifyChecksum } from './checksums.ts';
import { parseForm } from './post-form.ts';
import { accessDenied, notImplemented, Refusal } from './refusal.ts';
import { type Keys, sign, timeOf } from './signature-v4.ts';

export interface PostedObject {
  readonly key: string;
  /** In base64, where the form gives it. */
  readonly checksumSha256: string | undefined;
}

type Condition =
  | { readonly operator: 'eq' | 'starts-with'; readonly name: string; readonly value: string }
  | { readonly operator: 'content-length-range'; readonly least: number; readonly most: number };

/** The fields that fauxqs understands, as it spells them, and those of the signature. All others it would ignore. */
const FIELDS =
  /^(key|bucket|Content-Type|Content-Disposition|Cache-Control|Content-Encoding|success_action_(status|redirect)|x-amz-meta-.+|x-amz-checksum-(sha256|algorithm)|x-ignore-.+|policy|x-amz-(algorithm|credential|date|security-token|signature))$/;
/** Those of the signature are spelled in any case. */
const SIGNING = /^(policy|x-amz-(algorithm|credential|date|security-token|signature))$/i;
/** What a form may hold without its policy allowing it. */
const FREE = /^(policy|x-amz-signature|file|bucket|x-ignore-.+)$/;

/**
 * Fails unless a form is signed by a known key, and is what its policy allows:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export function verifyPost(
  { contentType, body, bucket }: { contentType: string; body: Buffer; bucket: string },
  keys: Keys,
  now: number,
): PostedObject {
  const { fields, file } = parseForm(contentType, body);
  for (const name of fields.keys()) {
    if (!FIELDS.test(name) && !SIGNING.test(name)) throw notImplemented(`The form field ${name}`);
  }
  const values = new Map(
    [...fields, ['bucket', bucket] as const].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const { expiration, conditions } = signedPolicy(values, keys);
  if (!(now < expiration)) throw accessDenied('Invalid according to Policy: Policy expired.');
  for (const condition of conditions) checkCondition(condition, values, file.length);
  const allowed = new Set(conditions.map((condition) => ('name' in condition ? condition.name : '')));
  for (const name of values.keys()) {
    if (!allowed.has(name) && !FREE.test(name)) {
      throw accessDenied(`Invalid according to Policy: Extra input fields: ${name}`);
    }
  }
  const key = values.get('key') ?? '';
  if (key === '') throw new Refusal(400, 'InvalidArgument', "Bucket POST must contain a field named 'key'.");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is S3's own placeholder.
  if (key.includes('${filename}')) throw notImplemented('A key with the name of the file');
  const checksumSha256 = values.get('x-amz-checksum-sha256');
  if (checksumSha256 !== undefined) verifyChecksum('sha256', checksumSha256, file);
  return { key, checksumSha256 };
}

function signedPolicy(values: ReadonlyMap<string, string>, keys: Keys) {
  const [policy, algorithm, credential, date, signature] = [
    'policy',
    'x-amz-algorithm',
    'x-amz-credential',
    'x-amz-date',
    'x-amz-signature',
  ].map((name) => values.get(name) ?? '');
  if (!policy || algorithm !== 'AWS4-HMAC-SHA256' || !credential || !signature)
    throw accessDenied('Access Denied');
  const [accessKey = '', ...scope] = credential.split('/');
  const [day, , service, terminator] = scope;
  const fits =
    service === 's3' && terminator === 'aws4_request' && scope.length === 4 && day === date?.slice(0, 8);
  if (!fits || Number.isNaN(timeOf(date ?? ''))) {
    throw new Refusal(400, 'InvalidArgument', 'The credential of the form is malformed');
  }
  const secret = keys[accessKey];
  if (secret === undefined) {
    throw new Refusal(
      403,
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
    );
  }
  if (sign(secret, scope.join('/'), policy) !== signature) {
    throw new Refusal(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided.',
    );
  }
  return parsePolicy(policy);
}

function parsePolicy(base64: string): { expiration: number; conditions: readonly Condition[] } {
  const invalid = new Refusal(
    400,
    'InvalidPolicyDocument',
    'Invalid Policy: it is not what a policy must be.',
  );
  let policy: { readonly expiration?: unknown; readonly conditions?: unknown } | null;
  try {
    policy = JSON.parse(Buffer.from(base64, 'base64').toString()) as typeof policy;
  } catch {
    throw invalid;
  }
  const { expiration, conditions } = policy ?? {};
  if (typeof expiration !== 'string' || !Array.isArray(conditions)) throw invalid;
  const parsed = conditions.flatMap((condition: unknown) => {
    const known = parseCondition(condition);
    if (known === undefined) throw invalid;
    return known;
  });
  return { expiration: Date.parse(expiration), conditions: parsed };
}

function parseCondition(condition: unknown): readonly Condition[] | undefined {
  if (!Array.isArray(condition)) {
    if (typeof condition !== 'object' || condition === null) return undefined;
    return Object.entries(condition).map(([name, value]) => ({
      operator: 'eq',
      name: name.toLowerCase(),
      value: String(value),
    }));
  }
  const [operator, first, second] = condition as unknown[];
  if (operator === 'content-length-range' && typeof first === 'number' && typeof second === 'number') {
    return [{ operator, least: first, most: second }];
  }
  if (
    (operator === 'eq' || operator === 'starts-with') &&
    typeof first === 'string' &&
    first.startsWith('$')
  ) {
    return [{ operator, name: first.slice(1).toLowerCase(), value: String(second) }];
  }
  return undefined;
}

function checkCondition(condition: Condition, values: ReadonlyMap<string, string>, size: number): void {
  if (condition.operator === 'content-length-range') {
    if (size < condition.least) {
      throw new Refusal(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
      );
    }
    if (size > condition.most) {
      throw new Refusal(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
    }
    return;
  }
  const { operator, name, value } = condition;
  const given = values.get(name) ?? '';
  if (operator === 'eq' ? given === value : given.startsWith(value)) return;
  throw accessDenied(
    `Invalid according to Policy: Policy Condition failed: ["${operator}", "$${name}", "${value}"]`,
  );
}
