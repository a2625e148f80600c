import { z } from 'zod';
import { ConfigError } from './config.ts';
import { type AwsStorageConfig, awsEnvironment, awsStorageOf } from './storage.ts';

/**
 * The AWS home that the environment names, whatever STORAGE says. Commands that only move data need
 * neither its job queue nor its secrets.
 * @throws ConfigError
 */
export function readAwsPlace(variables: Readonly<Record<string, string | undefined>>): AwsStorageConfig {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const result = z.object(awsEnvironment).safeParse(given);
  if (!result.success) {
    throw new ConfigError(
      result.error.issues.map(({ path: [name], message }) => `${String(name)} ${message}.`),
    );
  }
  if (result.data.IMAGES_BUCKET === undefined) {
    throw new ConfigError(['IMAGES_BUCKET must name the bucket of the AWS home.']);
  }
  return awsStorageOf(result.data);
}

export function loadAwsPlace(): AwsStorageConfig {
  return readAwsPlace(process.env);
}
