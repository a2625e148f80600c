import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { BACKGROUND } from '../../service/src/operations/manifest.ts';
import { namesOf } from './names.ts';
import { functionsOf } from './rows.ts';
import type { Stage } from './stages.ts';
import { Watcher } from './watch.ts';

/**
 * What watches the others: alarms, their topic, the dashboard. Apart, since a stack takes 500 resources, and before
 * them: a roll-out looks at its alarms.
 */
export class WatchStack extends Stack {
  constructor(scope: Construct, id: string, stage: Stage, props: StackProps) {
    super(scope, id, props);
    const rows = functionsOf(stage);
    const watcher = new Watcher(this, stage, namesOf(stage));
    watcher.watchApi();
    watcher.watchData();
    for (const { name, trigger } of BACKGROUND) if ('every_minutes' in trigger) watcher.watchClock(name);
    for (const row of rows) watcher.watchFunction(row);
    watcher.makeDashboard(rows);
  }
}
