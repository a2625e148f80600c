import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { BACKGROUND } from '../../service/src/operations/manifest.ts';
import { pascalCase } from './functions.ts';
import { namesOf } from './names.ts';
import { functionsOf } from './rows.ts';
import type { Stage } from './stages.ts';
import { Watcher } from './watch.ts';

/**
 * What watches the others: alarms, their topic, the dashboard, the functions' logs. Apart, since a stack takes 500 resources, and before
 * them: a roll-out looks at its alarms.
 */
export class WatchStack extends Stack {
  constructor(scope: Construct, id: string, stage: Stage, props: StackProps) {
    super(scope, id, props);
    const rows = functionsOf(stage);
    const names = namesOf(stage);
    const watcher = new Watcher(this, stage, names);
    watcher.watchApi();
    watcher.watchData();
    for (const { name, trigger } of BACKGROUND) if ('every_minutes' in trigger) watcher.watchClock(name);
    if (stage.search) watcher.watchSearch('sync-search');
    for (const row of rows) {
      new LogGroup(this, `${pascalCase(row.name)}Log`, {
        logGroupName: names.logOf(row.name),
        // CloudFormation says which numbers of days there are.
        retention: stage.logDays as RetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      watcher.watchFunction(row);
    }
    watcher.makeDashboard(rows);
  }
}
