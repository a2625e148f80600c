import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { OPERATIONS, type Operation } from '../operations/manifest.ts';
import { PROBLEM_JSON } from './problem.ts';
import { ROUTES } from './routes/index.ts';
import { problemSchema } from './schemas.ts';

const PROBLEM = {
  description: 'Something went wrong: `code` says what.',
  content: { [PROBLEM_JSON]: { schema: problemSchema } },
};

const TOKEN = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description: 'Needed where the installation asks callers who they are (`AUTH=jwt`), with the scope named.',
} as const;

/** The OpenAPI 3.1 document, made from the manifest and the schemas that requests are checked with. */
export function openApiDocument(publicUrl: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of OPERATIONS) {
    for (const path of [operation.path, ...operation.aliases]) {
      const isAlias = path !== operation.path;
      paths[path] = {
        ...paths[path],
        [operation.method.toLowerCase()]: describeOperation(operation, isAlias),
      };
    }
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Tintype',
      version: '1',
      description:
        'Upload, find, view, change and delete images. Errors are problem+json with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
    paths,
    components: { securitySchemes: { token: TOKEN } },
  });
}

function describeOperation(operation: Operation, isAlias: boolean): ZodOpenApiOperationObject {
  const { describe, describeAlias } = ROUTES[operation.name];
  const { responses, ...description } = isAlias ? { ...describe(), ...describeAlias?.() } : describe();
  return {
    operationId: isAlias ? `${operation.name}-alias` : operation.name,
    tags: ['images'],
    security: operation.scope === 'open' ? [] : [{ token: [operation.scope] }],
    ...description,
    responses: { ...responses, default: PROBLEM },
  };
}
