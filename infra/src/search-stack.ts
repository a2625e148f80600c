import { CfnDeletionPolicy, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { AccountRootPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnDomain } from 'aws-cdk-lib/aws-opensearchservice';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { type Names, namesOf } from './names.ts';
import { functionsOf } from './rows.ts';
import type { SearchDomain, Stage } from './stages.ts';

/**
 * What finds images by their texts: a domain of OpenSearch, which the functions that search and write alone may ask.
 * Apart, since it takes long to make; and nothing of it is kept, since all of it can be made anew from the records.
 */
export class SearchStack extends Stack {
  /** With letters that only the deployment knows. */
  readonly url: string;

  constructor(scope: Construct, id: string, stage: Stage, search: SearchDomain, props: StackProps) {
    super(scope, id, props);
    const names = namesOf(stage);
    const domain = new CfnDomain(this, 'Domain', {
      domainName: names.search,
      engineVersion: 'OpenSearch_2.19',
      clusterConfig: {
        instanceType: search.instanceType,
        instanceCount: search.instances,
        ...zonesOf(search.instances),
      },
      ebsOptions: { ebsEnabled: true, volumeType: 'gp3', volumeSize: search.volumeGb },
      encryptionAtRestOptions: { enabled: true },
      nodeToNodeEncryptionOptions: { enabled: true },
      domainEndpointOptions: { enforceHttps: true, tlsSecurityPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10' },
      softwareUpdateOptions: { autoSoftwareUpdateEnabled: true },
      accessPolicies: this.#askedBy(stage, names, search.operators ?? []),
    });
    domain.cfnOptions.deletionPolicy = CfnDeletionPolicy.DELETE;
    domain.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.DELETE;
    acknowledge(domain, {
      'AwsSolutions-OS1':
        'The functions are in no VPC. Requests are signed and HTTPS, and two named roles alone are let in.',
      'AwsSolutions-OS3': 'Functions have no fixed addresses to let in: it is their roles that are let in.',
      'AwsSolutions-OS4':
        'Masters of its own are for many data nodes: here there are up to three, and all can be made anew.',
      'AwsSolutions-OS7': 'A stage with one instance has one zone: its index is made anew after a failure.',
      'AwsSolutions-OS9[LogExport::SEARCH_SLOW_LOGS]':
        'They would hold what people search for, which no log of this service does.',
      'AwsSolutions-OS9[LogExport::INDEX_SLOW_LOGS]':
        'They would hold the texts of images, which no log of this service does.',
    });
    const lostChanges = new Queue(this, 'LostChanges', {
      queueName: names.lostChanges,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(lostChanges, {
      'AwsSolutions-SQS3': 'It is where what failed is told of: nobody takes anything out of it but people.',
    });
    this.url = `https://${domain.attrDomainEndpoint}`;
  }

  /** By name, as the account's principals: roles that are not there yet cannot be named as such. */
  #askedBy(stage: Stage, names: Names, operators: readonly string[]): PolicyDocument {
    const roles = functionsOf(stage)
      .filter(({ touches }) => 'search' in touches)
      .map(({ name }) =>
        this.formatArn({
          service: 'iam',
          region: '',
          resource: 'role',
          resourceName: names.functionNamed(name),
        }),
      );
    const statement = new PolicyStatement({
      effect: Effect.ALLOW,
      principals: [new AccountRootPrincipal()],
      actions: ['es:ESHttpPost', 'es:ESHttpPut'],
      resources: [`${this.formatArn({ service: 'es', resource: 'domain', resourceName: names.search })}/*`],
      conditions: { ArnEquals: { 'aws:PrincipalArn': [...roles, ...operators] } },
    });
    return new PolicyDocument({ statements: [statement] });
  }
}

function zonesOf(instances: SearchDomain['instances']): CfnDomain.ClusterConfigProperty {
  if (instances === 1) return { zoneAwarenessEnabled: false };
  return { zoneAwarenessEnabled: true, zoneAwarenessConfig: { availabilityZoneCount: instances } };
}
