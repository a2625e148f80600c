import { JOB_KINDS } from '../../domain/job.ts';
import type { QueueState } from '../../drivers/embedded/sqlite/sqlite-job-queue.ts';
import type { DecoderLoad } from '../../drivers/sharp/decoder-pool.ts';
import type { GaugeReading } from '../../ports/metrics.ts';

/** How the decoders are. */
export function decoderGauges({ busy, waiting }: DecoderLoad): GaugeReading[] {
  return [
    { name: 'decoders_busy', labels: {}, value: busy },
    { name: 'decoders_waiting', labels: {}, value: waiting },
  ];
}

/** How the jobs are: of each kind, also where there are none. @param now milliseconds since 1970. */
export function jobGauges(states: readonly QueueState[], now: number): GaugeReading[] {
  const none = JOB_KINDS.filter((kind) => !states.some((state) => state.kind === kind)).map((kind) => ({
    kind,
    waiting: 0,
    retried: 0,
    dead: 0,
    oldest: null,
  }));
  return [...states, ...none].flatMap(({ kind, waiting, retried, dead, oldest }): GaugeReading[] => {
    const labels = { kind };
    const age = oldest === null ? 0 : Math.max(0, now - oldest) / 1000;
    return [
      { name: 'jobs_waiting', labels, value: waiting },
      { name: 'jobs_retried', labels, value: retried },
      { name: 'jobs_dead', labels, value: dead },
      { name: 'jobs_oldest_age_seconds', labels, value: age },
    ];
  });
}
