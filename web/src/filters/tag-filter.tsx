import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { useGallery } from '../app/gallery.ts';
import { Icon } from '../app/icon.tsx';
import { withTags } from './url-state.ts';

/** Most tags that are proposed. */
const PROPOSED = 40;

/** Tags that images must all have, as chips. Those of the images that are there are proposed. */
export function TagFilter() {
  const gallery = useGallery();
  const typed = useSignal('');
  const proposals = useId();
  const { tags } = gallery.state.value;
  const set = (next: readonly string[]) => gallery.navigation.go({ tags: withTags(next), image: null });
  const add = (tag: string) => {
    typed.value = '';
    if (tag.trim() !== '') set([...tags, tag]);
  };
  return (
    <fieldset class="tag-filter">
      <legend class="visually-hidden">Tags that images must have</legend>
      {tags.map((tag) => (
        <button
          key={tag}
          type="button"
          class="chip is-on"
          aria-label={`Remove the tag filter ${tag}`}
          onClick={() => set(tags.filter((other) => other !== tag))}
        >
          {tag}
          <Icon name="close" />
        </button>
      ))}
      <span class="tag-entry">
        <Icon name="tag" />
        <input
          type="text"
          aria-label="Filter by tag"
          placeholder={tags.length > 0 ? 'And tag' : 'Tag'}
          autocomplete="off"
          autocapitalize="none"
          list={proposals}
          value={typed.value}
          onInput={(event) => {
            const text = event.currentTarget.value;
            typed.value = text;
            // Choosing a proposal is no typing: it says the whole tag at once.
            if (!(event instanceof InputEvent) || event.inputType === 'insertReplacementText') add(text);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' || event.key === ',') {
              event.preventDefault();
              add(typed.value);
            } else if (event.key === 'Backspace' && typed.value === '' && tags.length > 0) {
              set(tags.slice(0, -1));
            }
          }}
        />
        <datalist id={proposals}>
          {gallery.knownTags(PROPOSED).map((tag) => (
            <option key={tag} value={tag} />
          ))}
        </datalist>
      </span>
    </fieldset>
  );
}
