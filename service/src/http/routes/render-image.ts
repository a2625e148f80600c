import * as z from 'zod';
import { DomainError } from '../../domain/errors.ts';
import { PRESET_NAMES } from '../../domain/rendition.ts';
import { renditionQuery } from '../../domain/rendition-query.ts';
import { renderImage } from '../../operations/render-image.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { imageIdOf, imageIdPath, noQuery } from './parameters.ts';

const presetPath = z.enum(PRESET_NAMES);

export const renderImageRoute: Route = {
  operation: 'render-image',
  async handle(c, app) {
    const named = c.req.param('preset');
    const output = await renderImage(app.deps, c.var.caller, {
      image_id: imageIdOf(c),
      wanted: named === undefined ? validate(renditionQuery, queryOf(c)) : presetOf(named, queryOf(c)),
      accept: c.req.header('accept'),
    });
    const headers = { location: output.url, 'cache-control': 'private, no-store' };
    return c.body(null, 302, output.varies ? { ...headers, vary: 'Accept' } : headers);
  },
  describe: () => ({
    summary: 'Go to a rendition',
    description:
      'A redirect to the presigned URL of a smaller picture, which is made when it is first asked for. Images are ' +
      'never enlarged.',
    requestParams: { path: imageIdPath, query: renditionQuery },
    responses: {
      302: { description: 'The rendition is there.', headers: { Location: { schema: { type: 'string' } } } },
    },
  }),
  describeAlias: () => ({
    summary: 'Go to a preset',
    description: 'A redirect to the presigned URL of one of the pictures that every image has.',
    requestParams: { path: imageIdPath.extend({ preset: presetPath }) },
  }),
};

function presetOf(name: string, query: unknown) {
  validate(noQuery, query);
  const preset = presetPath.safeParse(name);
  if (preset.success) return { preset: preset.data };
  throw new DomainError('not_found', `There is no such preset. There are ${PRESET_NAMES.join(', ')}.`);
}
