import { readInstallationNames } from '../service/src/config/storage.ts';
import { tableDefinitions } from '../service/src/drivers/aws/tables.ts';

/** The tables' definitions as `aws dynamodb create-table --cli-input-json` takes them, one a line. */
for (const { create } of Object.values(tableDefinitions(readInstallationNames(process.env).tables))) {
  process.stdout.write(`${JSON.stringify(create)}\n`);
}
