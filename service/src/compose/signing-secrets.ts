import { type Config, readSigningSecrets } from '../config/config.ts';
import { readSecret } from '../drivers/aws/secret.ts';

/**
 * What page keys are signed with in the AWS home: SIGNING_SECRET, or else the secret at CURSOR_SECRET_ARN.
 * @throws OperatorError
 */
export async function loadSigningSecrets({ signingSecrets, storage }: Config): Promise<readonly string[]> {
  if (signingSecrets.length > 0 || storage.kind !== 'aws' || storage.cursorSecretArn === undefined) {
    return signingSecrets;
  }
  const text = await readSecret(storage.cursorSecretArn, {});
  return readSigningSecrets(text, 'The secret at CURSOR_SECRET_ARN');
}
