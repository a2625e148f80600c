import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperatorError } from '../../domain/operator-error.ts';
import { syncFolder } from './disk/durable-folders.ts';
import { systemCode } from './disk/failures.ts';

/** The secret kept in the data folder, made at the first start: signed URLs and page tokens outlive a restart. */
export async function keptSigningSecret(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return mustBeSecret(kept.trim());
  const secret = randomBytes(32).toString('base64url');
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
  return secret;
}

/** A file that was cut off or emptied would let anybody sign. */
function mustBeSecret(secret: string): string {
  if (secret.length >= 32) return secret;
  throw new OperatorError(
    'The file signing-secret in the data folder holds no secret. Put it back from a backup, or remove it: ' +
      'a new one is made then, and URLs and page keys that were handed out are no longer valid.',
  );
}
