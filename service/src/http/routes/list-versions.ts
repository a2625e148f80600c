import * as z from 'zod';
import { type ListedVersion, listVersions } from '../../operations/list-versions.ts';
import { jsonAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { versionSchema } from '../schemas.ts';
import { imageIdOf, imageIdPath, noQuery } from './parameters.ts';

const versionListSchema = z
  .strictObject({ items: z.array(versionSchema), count: z.int() })
  .meta({ id: 'VersionList' });

export const listVersionsRoute: Route = {
  operation: 'list-versions',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const items = await listVersions(app.deps, c.var.caller, imageIdOf(c));
    return jsonAnswer({ items: items.map(versionBody), count: items.length }, 200);
  },
  describe: () => ({
    summary: "List an image's versions",
    description: 'The current one and the former ones that are kept, newest first.',
    requestParams: { path: imageIdPath },
    responses: {
      200: {
        description: 'All of them.',
        content: { 'application/json': { schema: versionListSchema } },
      },
    },
  }),
};

function versionBody({ version, ...shown }: ListedVersion): object {
  const { object_key: _key, ...bytes } = version;
  return { ...bytes, ...shown };
}
