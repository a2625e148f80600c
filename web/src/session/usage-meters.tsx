import { useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import type { Session } from './session.ts';
import { metersOf, type UsageMeter } from './usage.ts';

interface UsageMetersProps {
  readonly session: Session;
  readonly user: string;
}

/** What a user has of what they may have, as it is when this is shown. */
export function UsageMeters({ session, user }: UsageMetersProps) {
  const meters = useSignal<readonly UsageMeter[] | 'unknown' | undefined>(undefined);
  useEffect(() => {
    let isShown = true;
    session.client.usage(user).then(
      (usage) => {
        if (isShown) meters.value = metersOf(usage);
      },
      () => {
        if (isShown) meters.value = 'unknown';
      },
    );
    return () => {
      isShown = false;
    };
  }, [session, user, meters]);
  if (meters.value === 'unknown') return <p role="status">The usage could not be asked for.</p>;
  return (
    <dl class="usage" aria-busy={meters.value === undefined}>
      {meters.value?.map((meter) => <MeterOf key={meter.label} meter={meter} />) ?? (
        <dt>Asking for the usage…</dt>
      )}
    </dl>
  );
}

function MeterOf({ meter: { label, share, words, isNearlyFull } }: { readonly meter: UsageMeter }) {
  const id = useId();
  return (
    <div class={isNearlyFull ? 'usage-row is-nearly-full' : 'usage-row'}>
      <dt id={id}>{label}</dt>
      <dd>
        {words}
        {share === null ? null : (
          <meter
            aria-labelledby={id}
            aria-valuetext={words}
            min={0}
            max={1}
            high={0.9}
            optimum={0}
            value={share}
          />
        )}
      </dd>
    </div>
  );
}
