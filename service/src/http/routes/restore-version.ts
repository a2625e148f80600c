import * as z from 'zod';
import { restoreVersion } from '../../operations/restore-version.ts';
import { imageAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { ifMatchHeader, imageAnswered, imageIdOf, imageIdPath, noQuery } from './parameters.ts';

const versionPath = z.strictObject({
  version: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be the number of a version')
    .transform(Number)
    .meta({ example: '1' }),
});

export const restoreVersionRoute: Route = {
  operation: 'restore-version',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const { version } = validate(versionPath, { version: c.req.param('version') });
    const output = await restoreVersion(app.deps, c.var.caller, {
      image_id: imageIdOf(c),
      version,
      if_match: c.req.header('if-match'),
    });
    return imageAnswer(output, 200);
  },
  describe: () => ({
    summary: 'Restore a former version',
    description:
      'Its bytes become the current ones, as a version more: what was current before is kept, too.',
    requestParams: { path: imageIdPath.extend(versionPath.shape), header: ifMatchHeader },
    responses: { 200: imageAnswered('The image as it is now.') },
  }),
};
