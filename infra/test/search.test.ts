import { describe, expect, test } from 'vitest';
import { searchIndexBehind } from '../../service/src/drivers/opensearch/search-document.ts';
import { type Resource, Synthesized } from './support/templates.ts';
import { OPERATOR, VARIANTS } from './support/variants.ts';

const DOMAIN = 'AWS::OpenSearchService::Domain';

/** The variables of a function, as texts. */
function variablesOf(made: Synthesized, { Properties }: Resource): Readonly<Record<string, string>> {
  const { Variables } = Properties['Environment'] as {
    readonly Variables: Readonly<Record<string, unknown>>;
  };
  return Object.fromEntries(
    Object.entries(Variables).map(([name, value]) => [name, made.text('service', value)]),
  );
}

describe.each(VARIANTS.filter((variant) => variant !== 'everything'))(
  'a stage without search (%s)',
  (variant) => {
    const made = new Synthesized(variant);

    test('pays for no domain, has no function that feeds one, and tells none where it is', () => {
      expect(made.stage.search).toBeUndefined();
      for (const stack of made.stacks) expect(made.resources(stack, DOMAIN)).toEqual([]);
      const functions = made.resources('service', 'AWS::Lambda::Function');
      expect(
        functions.filter(({ Properties }) => String(Properties['FunctionName']).endsWith('sync-search')),
      ).toEqual([]);
      for (const each of functions.filter(({ Properties }) => Properties['Environment'])) {
        expect(variablesOf(made, each)['OPENSEARCH_URL']).toBeUndefined();
      }
      expect(JSON.stringify(made.template('service'))).not.toContain('es:ESHttp');
    });
  },
);

describe('a stage with search', () => {
  const made = new Synthesized('everything');
  const { name, region } = made.stage;
  const domain = made.only('search', DOMAIN);

  test('has a domain that is encrypted on disks and between nodes, and reached over TLS 1.2 or later alone', () => {
    expect(domain.Properties).toMatchObject({
      DomainName: `tintype-${name}`,
      EncryptionAtRestOptions: { Enabled: true },
      NodeToNodeEncryptionOptions: { Enabled: true },
      DomainEndpointOptions: { EnforceHTTPS: true, TLSSecurityPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10' },
      ClusterConfig: {
        InstanceType: made.stage.search?.instanceType,
        InstanceCount: made.stage.search?.instances,
        ZoneAwarenessEnabled: true,
      },
      EBSOptions: { EBSEnabled: true, VolumeSize: made.stage.search?.volumeGb },
    });
    expect(domain.DeletionPolicy).toBe('Delete');
  });

  test('lets in the roles of the two functions, by signature, those who run commands, and nobody else', () => {
    const { Statement } = domain.Properties['AccessPolicies'] as {
      readonly Statement: readonly Readonly<Record<string, unknown>>[];
    };
    expect(Statement).toHaveLength(1);
    const [statement = {}] = Statement;
    const { AWS } = statement['Principal'] as { readonly AWS: unknown };
    expect(made.text('search', AWS)).toBe('arn:{partition}:iam::{account}:root');
    expect(statement['Action']).toEqual(['es:ESHttpPost', 'es:ESHttpPut']);
    expect(made.text('search', statement['Resource'])).toBe(
      `arn:{partition}:es:${region}:{account}:domain/tintype-${name}/*`,
    );
    const { ArnEquals } = statement['Condition'] as {
      readonly ArnEquals: { readonly 'aws:PrincipalArn': readonly unknown[] };
    };
    expect(ArnEquals['aws:PrincipalArn'].map((arn) => made.text('search', arn))).toEqual([
      ...['list-images', 'sync-search'].map(
        (each) => `arn:{partition}:iam::{account}:role/tintype-${name}-${each}`,
      ),
      OPERATOR,
    ]);
  });

  test('tells those two functions where it is, and no other', () => {
    const told = made
      .resources('service', 'AWS::Lambda::Function')
      .filter(({ Properties }) => Properties['Environment'])
      .filter((each) => variablesOf(made, each)['OPENSEARCH_URL'] !== undefined);
    expect(told.map(({ Properties }) => Properties['FunctionName'])).toEqual(
      ['list-images', 'sync-search'].map((each) => `tintype-${name}-${each}`),
    );
    for (const each of told) {
      expect(variablesOf(made, each)['OPENSEARCH_URL']).toBe(`https://{${domain.id}.DomainEndpoint}`);
    }
  });

  test('follows the changes of the table of images, halves what fails, and tells of what is lost', () => {
    const table = made
      .resources('data', 'AWS::DynamoDB::Table')
      .find(({ Properties }) => Properties['TableName'] === `tintype-${name}-images`);
    expect(table?.Properties['StreamSpecification']).toEqual({ StreamViewType: 'KEYS_ONLY' });
    const mapping = made.only(
      'service',
      'AWS::Lambda::EventSourceMapping',
      ({ StartingPosition }) => StartingPosition !== undefined,
    );
    expect(made.text('service', mapping.Properties['EventSourceArn'])).toBe(`{${table?.id}.StreamArn}`);
    expect(mapping.Properties).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 10,
      ParallelizationFactor: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    const { OnFailure } = mapping.Properties['DestinationConfig'] as {
      readonly OnFailure: { readonly Destination: unknown };
    };
    const lost = made.only('search', 'AWS::SQS::Queue').Properties['QueueName'];
    expect(made.text('service', OnFailure.Destination)).toBe(
      `arn:{partition}:sqs:${region}:{account}:${lost}`,
    );
  });

  test('has alarms on its domain, and on how far it is behind', () => {
    const alarms = made.resources('watch', 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
    const named = (id: string) => alarms.find(({ AlarmName }) => AlarmName === `tintype-${name}-${id}`);
    for (const [id, metric] of [
      ['SearchRed', 'ClusterStatus.red'],
      ['SearchWritesBlocked', 'ClusterIndexWritesBlocked'],
    ] as const) {
      expect(named(id)).toMatchObject({ Namespace: 'AWS/ES', MetricName: metric, Threshold: 0 });
      expect(JSON.stringify(named(id)?.['Dimensions'])).toContain(`"tintype-${name}"`);
    }
    expect(named('SearchBehind')).toMatchObject({ MetricName: 'IteratorAge', Threshold: 300_000 });
  });

  test('lets the index be made under the name that the driver has for it', () => {
    expect(JSON.stringify(made.template('service'))).toContain(`/${searchIndexBehind('tintype-images')}`);
  });
});
