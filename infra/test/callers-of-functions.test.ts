import { describe, expect, test } from 'vitest';
import { RENDERER_DEFAULTS } from '../../service/src/drivers/sharp/sharp-renderer.ts';
import { BACKGROUND } from '../../service/src/operations/manifest.ts';
import type { BackgroundRow } from '../../service/src/operations/manifest-rows.ts';
import { functionsOf } from '../src/rows.ts';
import { aliasOf, functionOf, namedOf, refTo } from './support/functions.ts';
import { queueNamed, Synthesized } from './support/templates.ts';
import { VARIANTS } from './support/variants.ts';

const EVERY: Readonly<Record<number, string>> = { 1: 'rate(1 minute)', 60: 'rate(1 hour)' };

describe.each(VARIANTS)('what calls the functions of %s: they', (variant) => {
  const made = new Synthesized(variant);

  const clocked = BACKGROUND.flatMap((row: BackgroundRow) =>
    'every_minutes' in row.trigger ? [{ name: row.name, minutes: row.trigger.every_minutes }] : [],
  );
  const clockOf = (name: string) =>
    made.only('service', 'AWS::Events::Rule', ({ Name }) => Name === namedOf(made, name));

  const permissions = made.resources('service', 'AWS::Lambda::Permission');
  const by = (principal: string) =>
    permissions.filter(({ Properties }) => Properties['Principal'] === principal);

  test('are reached by this API alone, or its own clock, or CloudFront, and only at the alias', () => {
    const api = made.only('service', 'AWS::ApiGateway::RestApi');
    const aliases = new Set(made.resources('service', 'AWS::Lambda::Alias').map(({ id }) => id));
    for (const { Properties } of permissions) {
      expect(aliases.has((Properties['FunctionName'] as { readonly Ref: string }).Ref)).toBe(true);
    }
    const [byApi, byClock] = [by('apigateway.amazonaws.com'), by('events.amazonaws.com')];
    for (const { Properties } of [...byApi, ...byClock]) {
      expect(Properties['Action']).toBe('lambda:InvokeFunction');
    }
    expect(byApi.length).toBeGreaterThan(0);
    expect(byApi.length + byClock.length + by('cloudfront.amazonaws.com').length).toBe(permissions.length);
    for (const { Properties } of byApi) {
      expect(made.text('service', Properties['SourceArn'])).toMatch(`{account}:{${api.id}}/`);
    }
    const started = byClock.map(({ Properties }) => ({
      to: Properties['FunctionName'],
      from: made.text('service', Properties['SourceArn']),
    }));
    expect(started).toEqual(
      clocked.map(({ name }) => ({ to: refTo(aliasOf(made, name)), from: `{${clockOf(name).id}.Arn}` })),
    );
  });

  test('have no URL, but the one that CloudFront calls where there is an edge, and only with a signature', () => {
    const urls = made.resources('service', 'AWS::Lambda::Url').map(({ Properties }) => Properties);
    const outputs = Object.entries(made.template('service').Outputs ?? {});
    const output = outputs.find(([name]) => name === 'RenderUrl')?.[1].Value;
    if (made.stage.edge === undefined) {
      expect([urls, output, by('cloudfront.amazonaws.com')]).toEqual([[], undefined, []]);
      return;
    }
    const code = functionOf(made, 'render-missing');
    expect(urls).toEqual([
      {
        AuthType: 'AWS_IAM',
        InvokeMode: 'RESPONSE_STREAM',
        Qualifier: 'live',
        TargetFunctionArn: { 'Fn::GetAtt': [code.id, 'Arn'] },
      },
    ]);
    const { id, DependsOn } = made.only('service', 'AWS::Lambda::Url');
    // The alias is named, and not referred to: nothing else has it made first.
    expect(DependsOn).toContain(aliasOf(made, 'render-missing').id);
    expect(made.text('service', output)).toBe(`{${id}.FunctionUrl}`);
  });

  test("are called by this account's distributions alone, by the URL, where there is an edge", () => {
    const calls = by('cloudfront.amazonaws.com').map(({ Properties }) => ({
      ...Properties,
      SourceArn: made.text('service', Properties['SourceArn']),
    }));
    if (made.stage.edge === undefined) {
      expect(calls).toEqual([]);
      return;
    }
    const common = {
      Principal: 'cloudfront.amazonaws.com',
      FunctionName: refTo(aliasOf(made, 'render-missing')),
      SourceArn: 'arn:{partition}:cloudfront::{account}:distribution/*',
    };
    expect(calls).toEqual([
      { ...common, Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'AWS_IAM' },
      { ...common, Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true },
    ]);
  });

  test('have a batch done within their timeout, whatever images are in it', () => {
    const ofDecoder = made
      .resources('service', 'AWS::Lambda::EventSourceMapping')
      .filter(({ Properties }) =>
        made.text('service', Properties['EventSourceArn']).endsWith('-process-image'),
      );
    const timeout = BACKGROUND.find(({ name }) => name === 'process-image')?.timeout_seconds ?? 0;
    expect(ofDecoder).toHaveLength(1);
    for (const { Properties } of ofDecoder) {
      expect((Number(Properties['BatchSize']) * RENDERER_DEFAULTS.timeLimitMs) / 1000).toBeLessThan(timeout);
    }
  });

  test('are started by the clock as often as the manifest says, with no event kept past the next one', () => {
    expect(made.resources('service', 'AWS::Events::Rule')).toHaveLength(clocked.length);
    expect(clocked.length).toBeGreaterThan(0);
    for (const { name, minutes } of clocked) {
      expect(clockOf(name).Properties).toMatchObject({
        // As CDK says it: EventBridge takes no `1 hours`.
        ScheduleExpression: EVERY[minutes] ?? `rate(${minutes} minutes)`,
        State: 'ENABLED',
        Targets: [
          { Arn: refTo(aliasOf(made, name)), RetryPolicy: { MaximumEventAgeInSeconds: minutes * 60 } },
        ],
      });
    }
  });

  test('are fed from the queue of the manifest where one starts them, each message failing alone', () => {
    const queues = made
      .resources('service', 'AWS::Lambda::EventSourceMapping')
      .filter(({ Properties }) => Properties['StartingPosition'] === undefined);
    const sources = queues.map(({ Properties }) => ({
      from: made.text('service', Properties['EventSourceArn']).split(':').at(-1),
      how: Properties['FunctionResponseTypes'],
      to: JSON.stringify(Properties['FunctionName']),
    }));
    expect(sources).toEqual(
      BACKGROUND.flatMap(({ name, trigger }: BackgroundRow) =>
        'queue' in trigger && functionsOf(made.stage).some((each) => each.name === name)
          ? [
              {
                from: queueNamed(made.stage.name, trigger.queue),
                how: ['ReportBatchItemFailures'],
                to: expect.stringMatching(new RegExp(`${aliasOf(made, name).id}.*:live`)),
              },
            ]
          : [],
      ),
    );
  });
});
