import { CAPACITY_SCENARIOS, figuresOf } from './capacity-scenarios.ts';
import { clientAt, createSampleTables } from './sample-tables.ts';

/**
 * Prints what another engine reports for each scenario, in the form of recorded-capacity.json:
 *
 *     node service/test/emulators/dynamodb/record-capacity.ts http://127.0.0.1:8000 'DynamoDB Local 1.25.1'
 *
 * The engine must be empty. DynamoDB Local (it needs Java 17) is in the npm package
 * amplify-dynamodb-simulator 2.9.30, which belongs in a folder outside the project. In its `emulator`, start
 *
 *     java -Djava.library.path=DynamoDBLocal_lib -jar DynamoDBLocal.jar -inMemory -disableTelemetry -port 8000
 *
 * and know that it listens on all interfaces.
 */
const [, , endpoint = 'http://127.0.0.1:8000', engine = 'an engine without a name'] = process.argv;

const client = clientAt(endpoint);
await createSampleTables(client);
const figures: Record<string, unknown> = {};
for (const scenario of CAPACITY_SCENARIOS) figures[scenario.name] = await figuresOf(client, scenario);
const recorded = {
  engine,
  recorded_on: new Date().toISOString().slice(0, 10),
  by: 'service/test/emulators/dynamodb/record-capacity.ts, which tells how',
  figures,
};
process.stdout.write(`${JSON.stringify(recorded, null, 2)}\n`);
