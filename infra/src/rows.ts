import { BACKGROUND, FUNCTIONS } from '../../service/src/operations/manifest.ts';
import type { BackgroundRow, QueueName } from '../../service/src/operations/manifest-rows.ts';

type Row = (typeof FUNCTIONS)[number];

const FOR_EDGE = new Set<string>(
  BACKGROUND.filter(({ trigger }: BackgroundRow) => 'edge' in trigger).map(({ name }) => name),
);

const FOR_SEARCH = new Set<string>(
  BACKGROUND.filter(({ trigger }: BackgroundRow) => 'queue' in trigger && trigger.stream !== undefined).map(
    ({ name }) => name,
  ),
);

/** What of a stage decides which functions it has: whatever says that there is an edge, or a search. */
export interface Parts {
  readonly edge?: object | undefined;
  readonly search?: object | undefined;
}

/** The functions of a stage: all of the manifest, but those of an edge or a search only where there is one. */
export function functionsOf({ edge, search }: Parts): readonly Row[] {
  return FUNCTIONS.filter(
    ({ name }) =>
      (edge !== undefined || !FOR_EDGE.has(name)) && (search !== undefined || !FOR_SEARCH.has(name)),
  );
}

/** The queues that feed them. */
export function queuesOf(parts: Parts): readonly QueueName[] {
  const names = new Set<string>(functionsOf(parts).map(({ name }) => name));
  const queues = BACKGROUND.flatMap(({ name, trigger }: BackgroundRow) =>
    'queue' in trigger && names.has(name) ? [trigger.queue] : [],
  );
  return [...new Set(queues)];
}
