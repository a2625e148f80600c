import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { OperatorError } from '../../domain/operator-error.ts';
import { commonSettings, type SdkSettings } from './sdk-settings.ts';

/**
 * The text of a secret in Secrets Manager, in its current version. Read once, at the start: who changes it
 * starts anew what has read it.
 * @throws OperatorError
 */
export async function readSecret(arn: string, settings: SdkSettings): Promise<string> {
  const client = new SecretsManagerClient(commonSettings(settings));
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    if (SecretString === undefined) throw new OperatorError(`The secret ${arn} is not text.`);
    return SecretString;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(
      `The secret ${arn} could not be read: ${reason}. ` +
        'See that it exists and that this role may call secretsmanager:GetSecretValue on it.',
      { cause: error },
    );
  } finally {
    client.destroy();
  }
}
