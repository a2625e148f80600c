import { useId, useRef } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { Icon } from '../app/icon.tsx';
import { type DayRange, datePresets, rangeName } from './date-range.ts';

/** When images were uploaded: ranges that are asked for often, or any two days. */
export function DateFilter() {
  const gallery = useGallery();
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  const { range } = gallery.state.value;
  const now = new Date();
  const isSet = range.from !== null || range.to !== null;
  const set = (next: DayRange) => gallery.navigation.go({ range: next, image: null });
  const choose = (next: DayRange) => {
    panel.current?.hidePopover();
    set(next);
  };
  return (
    <div class="date-filter">
      <button
        type="button"
        class={isSet ? 'chip is-on' : 'chip'}
        popovertarget={id}
        aria-label={`Date: ${rangeName(range, now)}`}
      >
        <Icon name="calendar" />
        {rangeName(range, now)}
      </button>
      <div ref={panel} id={id} popover="auto" class="panel" role="dialog" aria-label="Date of upload">
        {datePresets(now).map((preset) => (
          <button
            key={preset.name}
            type="button"
            class="panel-item"
            aria-pressed={preset.range.from === range.from && preset.range.to === range.to}
            onClick={() => choose(preset.range)}
          >
            {preset.name}
          </button>
        ))}
        <div class="panel-fields">
          <label>
            From
            <input
              type="date"
              value={range.from ?? ''}
              onChange={(event) => set({ ...range, from: event.currentTarget.value || null })}
            />
          </label>
          <label>
            To
            <input
              type="date"
              value={range.to ?? ''}
              onChange={(event) => set({ ...range, to: event.currentTarget.value || null })}
            />
          </label>
        </div>
        <button
          type="button"
          class="panel-item"
          disabled={!isSet}
          onClick={() => choose({ from: null, to: null })}
        >
          Any date
        </button>
      </div>
    </div>
  );
}
