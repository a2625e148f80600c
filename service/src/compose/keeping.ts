import type { Config } from '../config/config.ts';
import type { Deps } from '../operations/deps.ts';

/** What is made of images, and what is kept of them. */
export function keepingOf({
  processing,
  auditDays,
}: Config): Pick<Deps, 'presetFormat' | 'keepVersions' | 'trashDays' | 'auditDays'> {
  const { presetFormat, keepVersions, trashDays } = processing;
  return { presetFormat, keepVersions, trashDays, auditDays };
}
