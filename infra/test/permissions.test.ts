import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FUNCTIONS } from '../../service/src/operations/manifest.ts';
import { cellsBelow } from '../src/pages/table.ts';
import { RESOURCES } from '../src/permissions.ts';
import { functionsOf } from '../src/rows.ts';
import { type Resource, Synthesized, sorted } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const PAGE = readFileSync(new URL('../../docs/permissions.md', import.meta.url), 'utf8');

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface InlinePolicy {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}

interface Row {
  readonly name: string;
  readonly action: string;
  readonly thing: string;
  readonly why: string;
}

const unquoted = (cell: string) => cell.replaceAll('`', '');

/** The page's rows, one an action. */
const ROWS: readonly Row[] = cellsBelow(PAGE, '# Permissions').flatMap(
  ([name = '', actions = '', thing = '', why = '']) =>
    actions.split(', ').map((action) => ({ name, action: unquoted(action), thing, why })),
);

const ARNS = new Map(
  cellsBelow(PAGE, '## The things').map(([thing = '', arn = '']) => [thing, unquoted(arn)]),
);

/** What is granted only where a stage has something. */
function grantedIn({ tracing, edge, search, auth }: Synthesized['stage'], { thing, action }: Row): boolean {
  if (thing === RESOURCES.traces) return tracing;
  if (thing === RESOURCES.edgeKey) return edge?.signing !== undefined;
  if (thing === RESOURCES.distribution) return edge?.signing?.distributionId !== undefined;
  if (thing === RESOURCES.introspection) return typeof auth === 'object' && auth.introspection !== undefined;
  if (thing.startsWith('the search index') || action === 'dynamodb:BatchGetItem') return search !== undefined;
  return true;
}

/** What the page promises of a function of a stage, as `action on ARN`. */
function promised({ stage }: Synthesized, name: string): string[] {
  const values: Record<string, string> = {
    stage: stage.name,
    region: stage.region,
    function: name,
    private_key_arn: stage.edge?.signing?.privateKeyArn ?? '',
    distribution_id: stage.edge?.signing?.distributionId ?? '',
    introspection_secret_arn: (typeof stage.auth === 'object' && stage.auth.introspection?.secretArn) || '',
  };
  const rows = ROWS.filter((row) => row.name === name && grantedIn(stage, row));
  return sorted(
    rows.map(({ action, thing }) => {
      const arn = (ARNS.get(thing) ?? '').replaceAll(/\{(\w+)\}/g, (all, key: string) => values[key] ?? all);
      return `${action} on ${arn}`;
    }),
  );
}

function roleOf(made: Synthesized, name: string): Resource {
  const functionName = `tintype-${made.stage.name}-${name}`;
  const code = made.only(
    'service',
    'AWS::Lambda::Function',
    ({ FunctionName }) => FunctionName === functionName,
  );
  const id = made.text('service', code.Properties['Role']).match(/^\{(\w+)\.Arn\}$/)?.[1];
  const role = made.resources('service', 'AWS::IAM::Role').find((each) => each.id === id);
  if (!role) throw new Error(`The function ${name} has no role in its stack.`);
  return role;
}

/** What a role may do, as `action on ARN`. */
function granted(made: Synthesized, { Properties }: Resource): string[] {
  const policies = Properties['Policies'] as readonly InlinePolicy[];
  return sorted(
    policies
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      .flatMap(({ Action, Resource, Effect, Condition }) => {
        expect([Effect, Condition]).toEqual(['Allow', undefined]);
        return [Action]
          .flat()
          .flatMap((action) =>
            [Resource].flat().map((resource) => `${action} on ${made.text('service', resource)}`),
          );
      }),
  );
}

describe.each(VARIANTS)('the roles of %s', (variant) => {
  const made = new Synthesized(variant);

  test.each(functionsOf(made.stage).map(({ name }) => name))(
    'let %s do what docs/permissions.md says, no less and no more',
    (name) => {
      const role = roleOf(made, name);
      expect(granted(made, role)).toEqual(promised(made, name));
      expect(role.Properties['ManagedPolicyArns']).toBeUndefined();
      expect(role.Properties).toMatchObject({
        RoleName: `tintype-${made.stage.name}-${name}`,
        AssumeRolePolicyDocument: {
          Statement: [{ Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }],
        },
      });
    },
  );

  test('are one for each function, and nothing is granted beside them', () => {
    const roles = functionsOf(made.stage).map(({ name }) => roleOf(made, name).id);
    expect(new Set(roles).size).toBe(functionsOf(made.stage).length);
    for (const stack of made.stacks) {
      expect(made.resources(stack, 'AWS::IAM::Policy')).toEqual([]);
      expect(made.resources(stack, 'AWS::IAM::ManagedPolicy')).toEqual([]);
    }
  });

  test('of others take no more than AWS asks for: its own policies for one use, or named things', () => {
    const ours = new Set(functionsOf(made.stage).map(({ name }) => roleOf(made, name).id));
    const others = made.stacks.flatMap((stack) =>
      made
        .resources(stack, 'AWS::IAM::Role')
        .filter(({ id }) => !ours.has(id))
        .map(({ Properties }) => [
          JSON.stringify(Properties['AssumeRolePolicyDocument']).match(/"Service":"([\w.-]+)"/)?.[1],
          [Properties['ManagedPolicyArns'] ?? []]
            .flat()
            .map((arn) => made.text(stack, arn).split('/').at(-1)),
          JSON.stringify(Properties['Policies'] ?? []).includes('"Action":"*"'),
        ]),
    );
    expect(others).toEqual([
      ...(made.stage.malwareScan ? [['malware-protection-plan.guardduty.amazonaws.com', [], false]] : []),
      ['apigateway.amazonaws.com', ['AmazonAPIGatewayPushToCloudWatchLogs'], false],
      ['codedeploy.amazonaws.com', ['AWSCodeDeployRoleForLambdaLimited'], false],
    ]);
  });
});

describe('docs/permissions.md', () => {
  test('speaks of every function and of no other', () => {
    expect([...new Set(ROWS.map(({ name }) => name))]).toEqual(FUNCTIONS.map(({ name }) => name));
  });

  test('names no action with a wildcard', () => {
    for (const { action } of ROWS) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
  });

  test('gives a reason for every thing whose name has a wildcard, and for no other', () => {
    for (const { thing, why } of ROWS) {
      const arn = ARNS.get(thing);
      expect(arn, thing).toBeDefined();
      if (arn?.includes('*')) expect(why, thing).toMatch(/^\S.{24,}\.$/);
      else expect(why, thing).toBe('');
    }
  });
});
