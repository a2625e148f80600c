import { BACKGROUND, FUNCTIONS } from '../../service/src/operations/manifest.ts';
import type { BackgroundRow } from '../../service/src/operations/manifest-rows.ts';

type Row = (typeof FUNCTIONS)[number];

const FOR_EDGE = new Set<string>(
  BACKGROUND.filter(({ trigger }: BackgroundRow) => 'edge' in trigger).map(({ name }) => name),
);

/**
 * The functions of a stage: all of the manifest, but those that an edge calls only where there is one.
 * @param stage its `edge`: whatever says that there is one.
 */
export function functionsOf({ edge }: { readonly edge?: object | undefined }): readonly Row[] {
  return FUNCTIONS.filter(({ name }) => edge !== undefined || !FOR_EDGE.has(name));
}
