import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OperatorError } from '../domain/operator-error.ts';
import type {
  MigrationOptions,
  MigrationReport,
  MigrationSource,
  MigrationSummary,
  MigrationTarget,
} from '../operations/maintenance/migrate-images.ts';
import { migrateImages } from '../operations/maintenance/migrate-images.ts';
import type { Log } from '../ports/log.ts';
import type { OpenedSide } from './migration-side.ts';

export type {
  MigrationProgress,
  MigrationReport,
  MigrationSummary,
} from '../operations/maintenance/migrate-images.ts';

/** The AWS home that the environment names, or a data folder. */
export type Place = { readonly kind: 'aws' } | { readonly kind: 'embedded'; readonly folder: string };

/** Migrates between two places; what only one kind of place needs is loaded only for it. */
export async function runMigration(
  from: Place,
  to: Place,
  options: MigrationOptions,
  report: MigrationReport,
  log: Log,
): Promise<MigrationSummary> {
  await mustDiffer(from, to);
  const source = await openSource(from, log);
  try {
    const target = await openTarget(to, log);
    try {
      const summary = await migrateImages(source.parts, target.parts, options, report);
      await target.afterwards?.();
      return summary;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function openSource(place: Place, log: Log): Promise<OpenedSide<MigrationSource>> {
  if (place.kind === 'aws') return (await import('./migration-aws.ts')).openAwsSide(log);
  return (await import('./migration-embedded.ts')).openEmbeddedSource(resolve(place.folder));
}

async function openTarget(place: Place, log: Log): Promise<OpenedSide<MigrationTarget>> {
  if (place.kind === 'aws') return (await import('./migration-aws.ts')).openAwsSide(log);
  return (await import('./migration-embedded.ts')).openEmbeddedTarget(resolve(place.folder), log);
}

async function mustDiffer(from: Place, to: Place): Promise<void> {
  const [source, target] = await Promise.all([nameOf(from), nameOf(to)]);
  if (source === target) throw new OperatorError('The two places are the same: there is nothing to move.');
}

async function nameOf(place: Place): Promise<string> {
  if (place.kind === 'aws') return 'aws';
  const folder = resolve(place.folder);
  // A target may not exist yet.
  return realpath(folder).catch(() => folder);
}
