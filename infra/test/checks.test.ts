import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newApp } from '../src/checked-app.ts';
import { makeStacks } from '../src/stacks.ts';
import { stageNamed } from '../src/stages.ts';
import { Synthesized } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

/** CloudFormation takes 500. */
const MOST_RESOURCES = 400;

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly { readonly ruleName: string }[];
  }[];
}

type Metadata = Readonly<Record<string, readonly { readonly type: string; readonly data: unknown }[]>>;

/** What CDK has noted down of a kind, and where. */
function notesOf(made: Synthesized, kind: string): (readonly [where: string, note: unknown])[] {
  return made.stacks.flatMap((stack) => {
    const metadata = made.file(`${made.stackId(stack)}.metadata.json`) as Metadata;
    return Object.entries(metadata).flatMap(([where, entries]) =>
      entries.filter(({ type }) => type === kind).map(({ data }) => [where, data] as const),
    );
  });
}

/** Every rule that is said not to hold somewhere, with its reason. */
function acknowledgements(made: Synthesized): (readonly [where: string, rule: string, reason: string])[] {
  return notesOf(made, 'aws:cdk:acknowledged-rules').flatMap(([where, data]) =>
    Object.entries(data as Record<string, string>).map(([rule, reason]) => [where, rule, reason] as const),
  );
}

describe.each(VARIANTS)('the templates of %s', (variant) => {
  const made = new Synthesized(variant);

  test("break no rule of CloudFormation's or of AWS's that is not acknowledged", () => {
    const { pluginReports } = made.file('validation-report.json') as Report;
    expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });

  test('are made without a warning', () => {
    expect([...notesOf(made, 'aws:cdk:warning'), ...notesOf(made, 'aws:cdk:error')]).toEqual([]);
  });

  test('say in a sentence why, wherever they acknowledge one', () => {
    const all = acknowledgements(made);
    process.stdout.write(`${variant}: ${all.length} rules acknowledged\n`);
    expect(all.length).toBeGreaterThan(0);
    for (const [where, rule, reason] of all) {
      expect(reason, `${rule} at ${where}`).toMatch(/^\S.{24,}[.)]$/);
    }
  });

  test.each(made.stacks)(`have fewer than ${MOST_RESOURCES} resources in the stack %s`, (stack) => {
    const { length } = made.resources(stack);
    process.stdout.write(`${made.stackId(stack)}: ${length} resources\n`);
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(MOST_RESOURCES);
  });
});

/** A rule that is not broken leaves no trace in the report: that it was looked at shows only when it is. */
describe('a template with a fault', () => {
  let folder = '';
  let failure: unknown;
  let report: Report;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tintype-infra-'));
    const app = newApp(folder);
    makeStacks(app, stageNamed('dev'), undefined);
    const stack = new Stack(app, 'Faulty');
    new CfnBucket(stack, 'OpenBucket');
    new CfnResource(stack, 'SlowQueue', { type: 'AWS::SQS::Queue', properties: { DelaySeconds: 5000 } });
    try {
      app.synth();
    } catch (error) {
      failure = error;
    }
    report = JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8')) as Report;
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  test('is not made', () => {
    expect(failure).toBeInstanceOf(Error);
  });

  test.each([
    ['AwsSolutions', 'AwsSolutions-S10'],
    ['CloudFormation Validate', 'F3034'],
  ])('is found out by %s, for one by its rule %s', (plugin, rule) => {
    const found = report.pluginReports.find(({ pluginName }) => pluginName === plugin);
    expect(found?.violations.map(({ ruleName }) => ruleName)).toContain(rule);
  });
});
