import type { Config } from '../config/config.ts';
import type { Deps } from '../operations/deps.ts';

/** What is made of images, and what is kept of them. */
export function keepingOf({
  processing,
  auditDays,
}: Config): Pick<Deps, 'presetFormat' | 'stripGps' | 'keepVersions' | 'trashDays' | 'auditDays'> {
  const { presetFormat, stripGps, keepVersions, trashDays } = processing;
  return { presetFormat, stripGps, keepVersions, trashDays, auditDays };
}
