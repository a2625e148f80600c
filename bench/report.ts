import { cpus, loadavg } from 'node:os';
import type { Bounded, Compared } from './comparison.ts';

export type Result = Compared | Bounded;

/** How busy the machine is with other things, from 0 to 1: to be asked while nothing of ours runs. */
export async function busyShare(milliseconds = 1000): Promise<number> {
  const before = ticks();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const after = ticks();
  return (after.busy - before.busy) / (after.all - before.all || 1);
}

function ticks(): { busy: number; all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const sum = times.user + times.nice + times.sys + times.irq + times.idle;
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}

/** On what it was measured. */
export function machineNote(busy: number): string {
  const [cpu] = cpus();
  const load = loadavg()[0]?.toFixed(2);
  return `Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim()}, load ${load}, ${percent(busy)} busy with other things before`;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

export function lineOf(result: Result): string {
  if ('figure' in result) {
    const { work, figure, unit, most } = result;
    return `${verdict(figure <= most)} ${work}: ${figureOf(figure)} ${unit} (<= ${most})`;
  }
  const { work, unit, ours, bare, ratio, target, met } = result;
  const spread = ({ median, least, greatest }: Compared['ours']) =>
    `${figureOf(median)} (${figureOf(least)} to ${figureOf(greatest)})`;
  return `${met === undefined ? '    ' : verdict(met)} ${work}: ${ratio.toFixed(2)}${target === undefined ? '' : ` (${target})`}, ${spread(ours)} against ${spread(bare)} ${unit} of ${bare.name}`;
}

const verdict = (met: boolean) => (met ? 'yes ' : 'NO  ');

/** A table in Markdown, as `docs/performance.md` has it. */
export function tableOf(results: readonly Result[]): string {
  const rows = results.map((result) => {
    if ('figure' in result) {
      const { work, figure, unit, most } = result;
      return [
        work,
        `${figureOf(figure)} ${unit}`,
        '',
        '',
        `<= ${most} ${unit}`,
        figure <= most ? 'yes' : '**no**',
      ];
    }
    const { work, unit, ours, bare, ratio, target, met } = result;
    return [
      work,
      `${figureOf(ours.median)} ${unit}`,
      `${figureOf(bare.median)} ${unit}, ${bare.name}`,
      ratio.toFixed(2),
      target ?? '',
      met === undefined ? '' : met ? 'yes' : '**no**',
    ];
  });
  const head = ['work', 'Tintype', 'against', 'ratio', 'target', 'met'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** With as many digits as say something. */
export function figureOf(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}
