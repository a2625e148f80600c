import { DomainError } from '../../domain/errors.ts';
import { replaceImage } from '../../operations/replace-image.ts';
import { imageAnswer } from '../answer.ts';
import { bodyChunks, contentLength, refuseAnnouncedOver } from '../body/chunks.ts';
import type { Route } from '../context.ts';
import { queryOf, validate } from '../input.ts';
import { ifMatchHeader, imageAnswered, imageIdOf, imageIdPath, noQuery } from './parameters.ts';

export const replaceImageRoute: Route = {
  operation: 'replace-image',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const type = c.req.header('content-type') ?? '';
    if (!type.trim().toLowerCase().startsWith('image/')) {
      throw new DomainError('unsupported_media_type', 'Send the bytes themselves, as image/*.');
    }
    refuseAnnouncedOver(c, app.deps.limits.maxInlineBytes);
    const output = await replaceImage(app.deps, c.var.caller, {
      image_id: imageIdOf(c),
      bytes: bodyChunks(c),
      size_bytes: contentLength(c),
      if_match: c.req.header('if-match'),
    });
    return imageAnswer(output, 200);
  },
  describe: () => ({
    summary: "Replace an image's bytes",
    description:
      'A new version: the image keeps its id, its `upload_time` and its place in lists, and the former versions ' +
      'can be restored. The type is found from the bytes.',
    requestParams: { path: imageIdPath, header: ifMatchHeader },
    requestBody: {
      required: true,
      content: {
        'image/*': { schema: { type: 'string', format: 'binary', description: 'The bytes of the image.' } },
      },
    },
    responses: { 200: imageAnswered('The image as it is now.') },
  }),
};
