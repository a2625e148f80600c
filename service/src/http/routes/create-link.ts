import { createLink, createLinkInput } from '../../operations/create-link.ts';
import { jsonAnswer } from '../answer.ts';
import { jsonBody } from '../body/json-body.ts';
import type { Route } from '../context.ts';
import { idempotencyHeaders, idempotencyMember, replayedHeader, splitKey } from '../idempotency-key.ts';
import { queryOf, validate } from '../input.ts';
import { linkBody } from '../link-body.ts';
import { linkSchema } from '../link-schemas.ts';
import { imageIdOf, imageIdPath, noQuery } from './parameters.ts';

export const createLinkRoute: Route = {
  operation: 'create-link',
  async handle(c, app) {
    validate(noQuery, queryOf(c));
    const { key, fields } = splitKey(c, await jsonBody(c));
    const input = { ...validate(createLinkInput, fields), image_id: imageIdOf(c) };
    const output = await createLink(app.deps, c.var.caller, input, key);
    const body = linkBody(output.link, app.publicUrl);
    return jsonAnswer(body, 201, { location: body.url, ...replayedHeader(output) });
  },
  describe: () => ({
    tags: ['links'],
    summary: 'Share an image by a link',
    description:
      'Whoever has the link may see the image, without a token, until it expires or is revoked; they see its bytes ' +
      'and nothing else, and can change nothing. An image has up to 100 links at a time.',
    requestParams: { path: imageIdPath, header: idempotencyHeaders.request },
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: createLinkInput.meta({
            override: ({ jsonSchema }) => {
              jsonSchema.properties = { ...jsonSchema.properties, ...idempotencyMember };
            },
          }),
          example: { expires_in_seconds: 604800 },
        },
      },
    },
    responses: {
      201: {
        description: 'The link.',
        headers: { Location: { schema: { type: 'string' } }, ...idempotencyHeaders.answer },
        content: { 'application/json': { schema: linkSchema } },
      },
    },
  }),
};
