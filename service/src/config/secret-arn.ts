import * as z from 'zod';

/** Names a secret that AWS keeps. */
export const secretArn = z
  .string()
  .regex(/^arn:[\w-]+:secretsmanager:/, 'must be the ARN of a secret in Secrets Manager');
