import * as z from 'zod';
import type { EmulatedIndex, Outcome } from './index.ts';
import { invalid } from './refusal.ts';

const action = z.strictObject({
  _id: z.string().min(1).max(512),
  version: z
    .bigint()
    .min(0n)
    .max(2n ** 63n - 1n),
  version_type: z.literal('external_gte'),
});
const line = z.union([z.strictObject({ index: action }), z.strictObject({ delete: action })]);

/** Does what a body of lines says; one that is refused leaves the others as they are. */
export function bulk(index: EmulatedIndex, body: string): object {
  if (!body.endsWith('\n')) throw invalid('The bulk request must be terminated by a newline [\\n]');
  const lines = body.slice(0, -1).split('\n');
  const items: object[] = [];
  while (lines.length > 0) {
    const asked = line.safeParse(parsed(lines.shift() ?? ''));
    if (!asked.success) throw invalid(`Malformed action/metadata line: ${asked.error.message}`);
    if ('delete' in asked.data) {
      const { _id, version } = asked.data.delete;
      items.push({ delete: answer(_id, index.write(_id, version, undefined)) });
      continue;
    }
    const { _id, version } = asked.data.index;
    const document = lines.shift();
    if (document === undefined) throw invalid('A document is missing.');
    items.push({ index: answer(_id, index.write(_id, version, JSON.parse(document))) });
  }
  return { errors: items.some((item) => JSON.stringify(item).includes('"error"')), items };
}

function answer(_id: string, outcome: Outcome): object {
  return { _id, ...outcome };
}

/** Versions have 64 bits, of which a number of JavaScript's would lose some. */
function parsed(text: string): unknown {
  return JSON.parse(text, (key: string, value: unknown, context?: { source?: string }) =>
    key === 'version' && context?.source !== undefined && /^\d+$/.test(context.source)
      ? BigInt(context.source)
      : value,
  );
}
