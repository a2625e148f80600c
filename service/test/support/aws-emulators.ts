import { type Emulators, startEmulators } from '../emulators/emulators.ts';
import { connectBackends } from './aws-backends.ts';
import { ON_EMULATORS } from './aws-environment.ts';
import { type AwsInstallation, makeInstallation } from './make-installation.ts';

/** An installation on emulators in this process, whatever `npm run test:aws` runs on. */
export interface AwsOnEmulators extends AwsInstallation, Pick<Emulators, 'dynamodb' | 's3'> {
  stop(): Promise<void>;
}

/** For what needs the emulators themselves: their meters, or processes beside them. */
export async function startAwsOnEmulators(): Promise<AwsOnEmulators> {
  const emulators = await startEmulators();
  const backends = await connectBackends(ON_EMULATORS, {}, emulators);
  const installation = await makeInstallation(backends, { name: 'tintype', queue: 'jobs' });
  const { dynamodb, s3 } = emulators;
  return { ...installation, dynamodb, s3, stop: () => backends.stop() };
}
