import { OperatorError } from '../../../service/src/domain/operator-error.ts';
import { billOf } from '../cost/bill.ts';
import { PAID_FOR, PRICES_OF, ratesOf } from '../cost/prices.ts';
import { billText, LEFT_OUT } from '../cost/print-bill.ts';
import { readUsage, type WantedBill } from '../cost/read-usage.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `tintype cost: what a month on AWS costs, line by line.

  tintype cost --uploads 1e6 --views 1e7 --average-size 800KB

A month has, each 0 unless given (1e6 is a million):
  --uploads N          images uploaded
  --views N            images viewed, by id or by /content
  --lists N            pages of 50 images of one owner
  --lists-of-all N     pages of 50 images over all users
  --downloads N        objects fetched; as many as views unless given
  --updates N          changes of an image's title
  --deletes N          images deleted

and its images:
  --average-size SIZE  800KB unless given
  --tags N             tags an image, on average, 0 to 20; 5 unless given
  --images-stored N    images there are, on average over the month
  --months-kept N      instead of that: uploads less deletes of so many months; 12 unless given

  --cdn                CloudFront in front of the bucket
  --hit-rate SHARE     of its requests it has the answer itself, 0 to 1; 0.8 unless given
  --duration OPERATION=MS  what Lambda bills for a call, on average; may be repeated
  --region NAME        us-east-1 (unless given) or eu-west-1
  --stage NAME         whose settings count (scan, versions, tracing, days of logs), prod unless given
  --json               for programs
  --help               this text

What operations consume is measured (npm run bench:cost), prices come from a dated table
(cli/src/cost), and whatever is assumed is printed. A stage's OpenSearch (search in infra/src/stages.ts) is not
in it: its instances and disks come on top, by the hour.
Exit codes: 0, and 1 for an option that is wrong.
`;

/** `tintype cost` */
export async function cost(args: readonly string[], out: Terminal, errors: Terminal): Promise<number> {
  let wanted: WantedBill | 'help';
  try {
    wanted = readUsage(args);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    errors.write(`${error.message}\ntintype cost --help explains it.\n`);
    return 1;
  }
  out.write(
    wanted === 'help' ? HELP : wanted.json ? json(wanted) : billText(wanted.usage, billOf(wanted.usage)),
  );
  return 0;
}

function json({ usage }: WantedBill): string {
  const bill = billOf(usage);
  const rates = ratesOf(usage.region);
  const names = [...new Set(bill.lines.map(({ price }) => price))];
  const prices = names.map((name) => [
    name,
    { ...PAID_FOR[name], ...rates[name], confirmed: 'seen' in rates[name] },
  ]);
  const answer = {
    usage,
    ...bill,
    prices_of: PRICES_OF,
    prices: Object.fromEntries(prices),
    left_out: LEFT_OUT,
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}
