import type { CfnWebACLProps } from 'aws-cdk-lib/aws-wafv2';

/** Requests of one address within five minutes. */
const MOST_FROM_ONE_ADDRESS = 5000;

/**
 * The same behind a distribution whose servers pass on what many send: each of those is one address here. The
 * distribution has a firewall of its own, which sees the addresses behind them.
 */
export const MOST_FROM_CLOUDFRONT = 100_000;

/**
 * Rules that are only counted: those that look into bodies would take an image's bytes for an attack, and
 * programs need not say what they are.
 */
const COUNTED = [
  'NoUserAgent_HEADER',
  'SizeRestrictions_BODY',
  'CrossSiteScripting_BODY',
  'GenericLFI_BODY',
  'GenericRFI_BODY',
  'EC2MetaDataSSRF_BODY',
];

/** AWS's managed groups, and of which of their rules only the count is taken. */
const MANAGED: readonly (readonly [group: string, counted: readonly string[]])[] = [
  ['AWSManagedRulesAmazonIpReputationList', []],
  ['AWSManagedRulesCommonRuleSet', COUNTED],
  ['AWSManagedRulesKnownBadInputsRuleSet', []],
];

/** https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html */
export function wallRules(
  stage: string,
  mostFromOneAddress = MOST_FROM_ONE_ADDRESS,
): Pick<CfnWebACLProps, 'rules' | 'defaultAction' | 'visibilityConfig'> {
  const seenAs = (metricName: string) => ({
    cloudWatchMetricsEnabled: true,
    sampledRequestsEnabled: true,
    metricName,
  });
  const perAddress = {
    name: 'rate-of-one-address',
    priority: 0,
    action: { block: {} },
    statement: { rateBasedStatement: { limit: mostFromOneAddress, aggregateKeyType: 'IP' } },
    visibilityConfig: seenAs('rate-of-one-address'),
  };
  const managed = MANAGED.map(([name, counted], at) => ({
    name,
    priority: at + 1,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
    visibilityConfig: seenAs(name),
  }));
  return {
    defaultAction: { allow: {} },
    rules: [perAddress, ...managed],
    visibilityConfig: seenAs(`tintype-${stage}`),
  };
}
