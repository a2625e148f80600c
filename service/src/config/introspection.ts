import * as z from 'zod';
import { issuerUrl } from './issuer-url.ts';
import { secretArn } from './secret-arn.ts';

/** Where the issuer is asked about each token at each request (RFC 7662), and as whom. */
export interface IntrospectionConfig {
  readonly url: URL;
  readonly clientId: string;
  /** Itself, or the ARN under which AWS Secrets Manager keeps it. */
  readonly secret: { readonly kind: 'text' | 'arn'; readonly value: string };
}

/** The variables of introspection. */
export const introspectionEnvironment = {
  INTROSPECTION_URL: issuerUrl.optional(),
  INTROSPECTION_CLIENT_ID: z.string().optional(),
  INTROSPECTION_CLIENT_SECRET: z.string().optional(),
  INTROSPECTION_CLIENT_SECRET_ARN: secretArn.optional(),
};

type IntrospectionEnvironment = z.output<z.ZodObject<typeof introspectionEnvironment>>;

const SECRETS = ['INTROSPECTION_CLIENT_SECRET', 'INTROSPECTION_CLIENT_SECRET_ARN'] as const;

export function problemsOfIntrospection(env: IntrospectionEnvironment): string[] {
  const secrets = SECRETS.filter((name) => env[name] !== undefined);
  if (env.INTROSPECTION_URL === undefined) {
    const given =
      env.INTROSPECTION_CLIENT_ID === undefined ? secrets : ['INTROSPECTION_CLIENT_ID', ...secrets];
    return given.map(
      (name) =>
        `${name} is set, and no issuer is asked about tokens: set INTROSPECTION_URL, or leave it out.`,
    );
  }
  const problems: string[] = [];
  if (env.INTROSPECTION_CLIENT_ID === undefined) {
    problems.push(
      'INTROSPECTION_CLIENT_ID must be set with INTROSPECTION_URL: issuers answer those they know.',
    );
  }
  if (secrets.length !== 1) {
    problems.push(
      `With INTROSPECTION_URL exactly one of ${SECRETS.join(', ')} must be set, and ${secrets.length} are.`,
    );
  }
  return problems;
}

/** @param env of which `problemsOfIntrospection` has found nothing. */
export function introspectionOf(env: IntrospectionEnvironment): IntrospectionConfig | undefined {
  const { INTROSPECTION_URL: url, INTROSPECTION_CLIENT_ID: clientId } = env;
  const { INTROSPECTION_CLIENT_SECRET: text, INTROSPECTION_CLIENT_SECRET_ARN: arn } = env;
  if (url === undefined || clientId === undefined) return undefined;
  const secret = arn === undefined ? { kind: 'text', value: text ?? '' } : { kind: 'arn', value: arn };
  return { url, clientId, secret: secret as IntrospectionConfig['secret'] };
}
