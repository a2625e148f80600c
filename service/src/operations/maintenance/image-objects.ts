import { currentVersionOf, type FormerVersion, type ImageRecord } from '../../domain/image.ts';
import type { MediaType } from '../../domain/media-type.ts';
import { type ObjectKey, renditionObjectKey } from '../../domain/object-key.ts';
import { mediaTypeOf, type PresetName } from '../../domain/rendition.ts';
import { presetFileName } from '../../domain/rendition-name.ts';

/** The versions of an image, the current one first, each object once: one that was restored shares its own. */
export function versionsByObject(record: ImageRecord): FormerVersion[] {
  const versions = new Map<ObjectKey, FormerVersion>();
  for (const version of [currentVersionOf(record), ...record.former_versions]) {
    if (!versions.has(version.object_key)) versions.set(version.object_key, version);
  }
  return [...versions.values()];
}

export interface PresetFile {
  readonly preset: PresetName;
  readonly object_key: ObjectKey;
  readonly content_type: MediaType;
}

/** The presets that the record says are stored. */
export function presetFilesOf({ user_id, image_id, version, presets }: ImageRecord): PresetFile[] {
  if (!presets) return [];
  const { format, names } = presets;
  return names.map((preset) => ({
    preset,
    object_key: renditionObjectKey(user_id, image_id, version, presetFileName(preset, format)),
    content_type: mediaTypeOf(format),
  }));
}

/** Whether an image's bytes are there and a job is to scan them, or to make its presets. */
export function waitsForProcessing({ status, placeholder }: ImageRecord): boolean {
  return status === 'scanning' || (status === 'ready' && placeholder === null);
}
