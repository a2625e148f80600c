import { restoreImage } from '../../operations/restore-image.ts';
import { imageAnswer } from '../answer.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { ifMatchHeader, imageAnswered, imageIdOf, imageIdPath, noQuery } from './parameters.ts';

export const restoreImageRoute: Route = {
  operation: 'restore-image',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const input = { image_id: imageIdOf(c), if_match: c.req.header('if-match') };
    return imageAnswer(await restoreImage(app.deps, c.var.caller, input), 200);
  },
  describe: () => ({
    summary: 'Restore an image from the trash',
    description: 'To where it was before. Done again it answers alike.',
    requestParams: { path: imageIdPath, header: ifMatchHeader },
    responses: { 200: imageAnswered('The image as it is now.') },
  }),
};
