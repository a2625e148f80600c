import { expect, test } from 'vitest';
import { runCommand } from '../src/run-command.ts';

async function called(...args: string[]) {
  const written = { out: '', errors: '' };
  const code = await runCommand(
    ['cost', ...args],
    { write: (text) => (written.out += text) },
    { write: (text) => (written.errors += text) },
  );
  return { code, ...written };
}

interface Answer {
  readonly total_usd: number;
  readonly lines: readonly { service: string; what: string; amount: number; price: string; usd: number }[];
  readonly prices: Readonly<Record<string, { confirmed: boolean; page: string }>>;
  readonly left_out: readonly string[];
  readonly usage: Readonly<Record<string, unknown>>;
}

async function bill(...args: string[]): Promise<Answer> {
  const { code, out, errors } = await called(...args, '--json');
  expect([code, errors]).toEqual([0, '']);
  return JSON.parse(out);
}

const amountOf = ({ lines }: Answer, price: string) =>
  lines.filter((line) => line.price === price).reduce((sum, { amount }) => sum + amount, 0);
const usdOf = ({ lines }: Answer, service: string) =>
  lines.filter((line) => line.service === service).reduce((sum, { usd }) => sum + usd, 0);

const MONTH = ['--uploads', '1e6', '--views', '1e7', '--average-size', '800KB'];

test('the help names every option and how the exit code is to be read', async () => {
  const { code, out } = await called('--help');
  expect(code).toBe(0);
  for (const option of [
    '--uploads',
    '--lists-of-all',
    '--images-stored',
    '--hit-rate',
    '--duration',
    '--json',
  ]) {
    expect(out).toContain(option);
  }
  expect(out).toContain('Exit codes');
  expect((await called('-h')).out).toBe(out);
});

test('a month is printed line by line, and the lines add up to the total', async () => {
  const answer = await bill(...MONTH);
  const sum = answer.lines.reduce((all, { usd }) => all + usd, 0);
  expect(answer.total_usd).toBeCloseTo(sum, 6);
  const { code, out } = await called(...MONTH);
  expect(code).toBe(0);
  const total = sum.toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  expect(out).toMatch(new RegExp(`^Total +${total.replaceAll('.', '\\.')}$`, 'm'));
  for (const { service, what } of answer.lines) {
    expect(out).toMatch(new RegExp(`^${service} +${what.replaceAll(/[()]/g, '\\$&')} `, 'm'));
  }
});

test('operations are counted with what was measured of each', async () => {
  const answer = await bill(
    ...MONTH,
    '--lists',
    '100',
    '--lists-of-all',
    '10',
    '--updates',
    '1000',
    '--deletes',
    '500',
  );
  // With 5 tags an upload and a deletion 26 units, a change 23; a view 1 read unit, a page of one owner 7, over all 4.5, other reads 1 each.
  // The job of an upload 21 and 2, that of a deletion 1 and 2.
  expect(amountOf(answer, 'dynamodb_write')).toBe(26 * (1e6 + 500) + 23 * 1000 + 21 * 1e6 + 500);
  expect(amountOf(answer, 'dynamodb_read')).toBe(1e7 + 7 * 100 + 4.5 * 10 + 1000 + 500 + 2 * 1e6 + 2 * 500);
  const calls = 1e6 + 1e7 + 100 + 10 + 1000 + 500;
  for (const price of ['api_requests', 'waf_requests']) expect(amountOf(answer, price)).toBe(calls);
  const jobs = 1e6 + 500;
  expect(amountOf(answer, 'lambda_requests')).toBe(calls + jobs);
  const asked = amountOf(await bill('--views', '1'), 'queue_requests');
  expect(amountOf(answer, 'queue_requests')).toBe(3 * jobs + asked);
});

test('each tag adds six write units to an upload and its job, also between the numbers that were measured', async () => {
  const writes = async (tags: string) =>
    amountOf(await bill('--uploads', '1000', '--tags', tags), 'dynamodb_write');
  expect(await writes('0')).toBe(17_000);
  expect(await writes('3')).toBe(35_000);
  expect(await writes('7.5')).toBe(62_000);
  expect(await writes('20')).toBe(137_000);
});

test('compute is the memory of the manifest times the durations that are assumed or given', async () => {
  const assumed = await bill('--uploads', '1000', '--views', '1000');
  const decoding = (1769 / 1024) * 1.5;
  expect(amountOf(assumed, 'lambda_compute')).toBeCloseTo(1000 * (0.5 * 0.2 + 0.25 * 0.03 + decoding), 9);
  const given = await bill(
    '--uploads',
    '1000',
    '--duration',
    'upload-image=400',
    '--duration',
    'view-image=9',
    '--duration',
    'process-image=800',
  );
  expect(amountOf(given, 'lambda_compute')).toBeCloseTo(1000 * (0.5 * 0.4 + (1769 / 1024) * 0.8), 9);
});

test('images stored are those said, or what months of uploads less deletes have left', async () => {
  const stored = async (...args: string[]) =>
    (await bill('--uploads', '100', '--deletes', '20', ...args)).usage['images_stored'];
  expect(await stored()).toBe(960);
  expect(await stored('--months-kept', '2')).toBe(160);
  expect(await stored('--images-stored', '1e9')).toBe(1e9);
});

test('a billion images are paid in the steps of the price', async () => {
  const answer = await bill('--images-stored', '1e9', '--average-size', '1MB');
  const [images] = answer.lines;
  expect(images).toMatchObject({ service: 'S3', amount: 1e6 });
  expect(images?.usd).toBeCloseTo(50_000 * 0.023 + 450_000 * 0.022 + 500_000 * 0.021, 3);
});

test('behind the CDN objects leave by CloudFront, S3 serves what it has not, and a second wall stands', async () => {
  const [direct, cdn] = [await bill(...MONTH), await bill(...MONTH, '--cdn', '--hit-rate', '0.9')];
  expect(amountOf(direct, 'egress')).toBeGreaterThan(8000);
  expect(amountOf(cdn, 'egress')).toBeLessThan(100);
  expect(amountOf(cdn, 'cloudfront_egress')).toBe(8000);
  // The decoder's HEAD and GET of each upload; the scan reads it once, and its four presets.
  expect(amountOf(direct, 's3_get')).toBe(1e7 + 2e6 + 5e6);
  expect(amountOf(cdn, 's3_get')).toBeCloseTo(1e6 + 2e6 + 5e6, 3);
  expect([amountOf(direct, 'waf_wall'), amountOf(cdn, 'waf_wall')]).toEqual([1, 2]);
  expect(usdOf(direct, 'CloudFront')).toBe(0);
});

test('what the stage has not is not billed', async () => {
  const [prod, dev] = [await bill(...MONTH, '--deletes', '10'), await bill(...MONTH, '--stage', 'dev')];
  expect([usdOf(prod, 'GuardDuty') > 0, usdOf(dev, 'GuardDuty')]).toEqual([true, 0]);
  expect([usdOf(prod, 'X-Ray') > 0, usdOf(dev, 'X-Ray')]).toEqual([true, 0]);
  expect(prod.lines.some(({ what }) => what.includes('kept as versions'))).toBe(true);
  expect(dev.lines.some(({ what }) => what.includes('kept as versions'))).toBe(false);
});

test('downloads are as many as views unless they are given', async () => {
  expect((await bill('--views', '70')).usage['downloads']).toBe(70);
  expect((await bill('--views', '70', '--downloads', '0')).usage['downloads']).toBe(0);
});

test('another region has its own prices, and what is not confirmed says so', async () => {
  const [virginia, ireland] = [await bill(...MONTH), await bill(...MONTH, '--region', 'eu-west-1')];
  expect(usdOf(ireland, 'DynamoDB')).toBeGreaterThan(usdOf(virginia, 'DynamoDB'));
  const unconfirmed = Object.values(ireland.prices).filter(({ confirmed }) => !confirmed);
  expect(unconfirmed.length).toBeGreaterThan(0);
  const { out } = await called(...MONTH, '--region', 'eu-west-1');
  expect(out.match(/\(unconfirmed\)/g)?.length).toBe(unconfirmed.length);
  expect(out).toContain('NOT CONFIRMED');
  expect((await called(...MONTH)).out).not.toMatch(/unconfirmed/i);
});

test('the text says what is assumed, what is left out, and where prices were read', async () => {
  const { out } = await called(...MONTH, '--duration', 'upload-image=321', '--cdn');
  for (const part of [
    'upload-image 321 ms at 512 MB',
    '80 % of the objects',
    'straight line',
    'free tiers',
    'tax',
  ]) {
    expect(out).toContain(part);
  }
  expect(out).toContain('https://aws.amazon.com/dynamodb/pricing/');
  expect(out).toMatch(/Prices as of \d{4}-\d\d-\d\d/);
});

test('images that the gateway does not let in are pointed out', async () => {
  expect((await called('--uploads', '1', '--average-size', '5MB')).out).toContain('413');
  expect((await called('--uploads', '1', '--average-size', '4MB')).out).not.toContain('413');
});

test.each([
  [['--uploads', 'many'], /--uploads must be a number such as .*"many"/],
  [['--views=-5'], /--views/],
  [['--uploads', '1e99'], /--uploads/],
  [['--average-size', '800'], /--average-size must be a size with its unit/],
  [['--average-size', '0KB'], /--average-size/],
  [['--tags', '21'], /--tags must be a number from 0 to 20/],
  [['--region', 'eu-central-1'], /--region "eu-central-1".*us-east-1 and eu-west-1/],
  [['--region', 'toString'], /--region/],
  [['--stage', 'Not A Stage'], /--stage/],
  [['--images-stored', '1', '--months-kept', '1'], /--images-stored and --months-kept/],
  [['--hit-rate', '0.5'], /--hit-rate needs --cdn/],
  [['--cdn', '--hit-rate', '80'], /--hit-rate must be a number from 0 to 1/],
  [['--duration', 'upload-image'], /--duration upload-image must be/],
  [['--duration', 'paint-image=5'], /--duration takes OPERATION=MILLISECONDS.*upload-image/],
  [['--colour', 'red'], /--colour/],
  [['1e6'], /positional/],
])('%j is refused: the option is named, the exit code is 1, and there is no stack', async (args, message) => {
  const { code, out, errors } = await called(...args);
  expect([code, out]).toEqual([1, '']);
  expect(errors).toMatch(message);
  expect(errors).toContain('--help');
  expect(errors).not.toMatch(/^\s+at /m);
});
