import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { FUNCTIONS, OPERATIONS } from '../service/src/operations/manifest.ts';

/** What packages bring along that no function ever calls: every byte is read and compiled at each cold start. */

/**
 * The AWS clients describe every operation of their service in constants, of which we need few. esbuild
 * keeps them all, since their computed keys could have side effects; in a function that is marked as pure
 * the unused ones go. It is a tenth of a bundle.
 */
const dropUnusedSchemas: Plugin = {
  name: 'drop-unused-schemas',
  setup(bundling) {
    bundling.onLoad(
      { filter: /@aws-sdk\/client-[\w-]+\/dist-es\/schemas\/schemas_0\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const constants = /^((?:export )?var [\w$]+ = )(\[[\s\S]*?\]);$/gm;
        return { contents: text.replaceAll(constants, '$1/* @__PURE__ */ (() => $2)();'), loader: 'js' };
      },
    );
  },
};

/** Of its own description a client needs to know its version. */
const dropDescriptions: Plugin = {
  name: 'drop-descriptions',
  setup(bundling) {
    bundling.onLoad({ filter: /@aws-sdk\/client-[\w-]+\/package\.json$/ }, async ({ path }) => {
      const { version }: { version: string } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/** Answers that are streams of events, of which we ask for none: the code that reads them is never loaded either. */
const dropEventStreams: Plugin = {
  name: 'drop-event-streams',
  setup(bundling) {
    bundling.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/** A module in place of another, where a package imports what is never called here. */
function standIn(name: string, filter: RegExp, contents: string): Plugin {
  return {
    name,
    setup(bundling) {
      bundling.onLoad({ filter }, () => ({ contents, loader: 'js' }));
    },
  };
}

/** What S3's client gets ready for such answers at its start. */
const dropEventStreamSetUp = standIn(
  'drop-event-stream-set-up',
  /@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/,
  `export const eventStreamSerdeProvider = undefined;
   export const resolveEventStreamSerdeConfig = (config) => config;`,
);

/** Schemas here check what comes in; only the server, and the build, describe them in JSON Schema. */
const dropJsonSchemas: readonly Plugin[] = [
  standIn(
    'drop-json-schemas',
    /zod\/v4\/core\/to-json-schema\.js$/,
    `const none = () => () => { throw new Error('Functions describe no schemas.'); };
     export { none as createToJSONSchemaMethod, none as createStandardJSONSchemaMethod };
     export { none as initializeContext, none as processSchema, none as extractDefs, none as finalize, none as handleUnrepresentable };`,
  ),
  standIn(
    'drop-json-schema-processors',
    /zod\/v4\/core\/json-schema-processors\.js$/,
    `export const allProcessors = {}; export const toJSONSchema = () => { throw new Error('Functions describe no schemas.'); };`,
  ),
];

/**
 * Nor do they need the schemas of answers, which nothing holds an answer against: making them takes a function a tenth
 * of its start. Routes speak of them only where they are described.
 */
const dropAnswerSchemas: Plugin = {
  name: 'drop-answer-schemas',
  setup(bundling) {
    bundling.onLoad({ filter: /service\/src\/http\/(?:[\w-]+-)?schemas\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const names = [...text.matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
      return {
        contents: `export const ${names.map((name) => `${name} = undefined`).join(', ')};`,
        loader: 'js',
      };
    });
  },
};

/** Nor do they need what our own routes and schemas say of themselves to people: the server's document has it. */
const dropDescribingTexts: Plugin = {
  name: 'drop-describing-texts',
  setup(bundling) {
    bundling.onLoad({ filter: /service\/src\/(http|operations|domain)\/.*\.ts$/ }, async ({ path }) => {
      // Another stands in for that (onlyOwnRow).
      if (path.endsWith('/operations/manifest.ts')) return undefined;
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll(DESCRIBING_TEXT, "$1: ''"), loader: 'ts' };
    });
  },
};

/** A text in quotation marks, or several joined, as what is called description, summary or example. */
const DESCRIBING_TEXT =
  /\b(description|summary|example):\s+((?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")(?:\s*\+\s*(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))*)(?=\s*[,}])/g;

/** Bodies of `application/x-www-form-urlencoded` are refused before they get to the parser of forms. */
const dropUrlEncoded = standIn(
  'drop-url-encoded',
  /@fastify\/busboy\/lib\/types\/urlencoded\.js$/,
  'module.exports = class { static detect = /^$/; };',
);

/** DynamoDB's endpoints follow from the region: none is looked up, and none remembered. */
const dropEndpointCache = standIn(
  'drop-endpoint-cache',
  /@aws-sdk\/endpoint-cache\/dist-es\/index\.js$/,
  'export class EndpointCache { get() {} set() {} has() { return false; } delete() {} clear() {} }',
);

/** For runtimes without hashes of their own: Node has them. */
const dropScriptedHashes = standIn(
  'drop-scripted-hashes',
  /dist-es\/submodules\/(?:checksum\/sha256\/Sha256Js|sha\/sha1\/Sha1Js)\.js$/,
  `class Scripted { constructor() { throw new Error('Functions hash by Node.'); } }
   export { Scripted as Sha256Js, Scripted as Sha1Js };`,
);

export const DROPS: readonly Plugin[] = [
  dropUnusedSchemas,
  dropDescriptions,
  dropEventStreams,
  dropEventStreamSetUp,
  ...dropJsonSchemas,
  dropAnswerSchemas,
  dropDescribingTexts,
  dropUrlEncoded,
  dropEndpointCache,
  dropScriptedHashes,
];

/** A function needs to know of its own row of the manifest alone. */
export function onlyOwnRow(name: string): Plugin {
  const own = (rows: readonly { readonly name: string }[]) =>
    JSON.stringify(rows.filter((row) => row.name === name));
  const contents = `export const OPERATIONS = ${own(OPERATIONS)}; export const FUNCTIONS = ${own(FUNCTIONS)};`;
  return standIn('only-own-row', /operations\/manifest\.ts$/, contents);
}
