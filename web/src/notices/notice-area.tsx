import { useGallery } from '../app/gallery.ts';
import { Icon } from '../app/icon.tsx';

/** The notices, in a corner; read out as they come. */
export function NoticeArea() {
  const { notices } = useGallery();
  return (
    <section class="notices" aria-label="Notices">
      <div
        role="status"
        aria-live="polite"
        onPointerEnter={() => notices.hold()}
        onPointerLeave={() => notices.release()}
        onFocusIn={() => notices.hold()}
        onFocusOut={() => notices.release()}
      >
        {notices.shown.value.map(({ id, text, tone, action }) => (
          <div key={id} class={`notice is-${tone}`}>
            <span>{text}</span>
            {action ? (
              <button
                type="button"
                class="notice-action"
                onClick={() => {
                  notices.dismiss(id);
                  action.run();
                }}
              >
                {action.label}
              </button>
            ) : null}
            <button
              type="button"
              class="icon-button"
              aria-label="Dismiss"
              onClick={() => notices.dismiss(id)}
            >
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </section>
  );
}
