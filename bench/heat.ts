import { heatReport } from './heat-report.ts';

/** `npm run bench:heat`: writes a second of DynamoDB's hottest partition keys, simulated. */
process.stdout.write(heatReport());
