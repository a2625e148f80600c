import { afterEach, expect, test, vi } from 'vitest';
import { Navigation } from './navigation.ts';

afterEach(() => void vi.unstubAllGlobals());

/** A browser at the gallery's address, which goes back when the test says so. */
function browser() {
  const page = new EventTarget();
  const entries: unknown[] = [null];
  let isBackWanted = 0;
  vi.stubGlobal('location', { search: '' });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('history', {
    state: null,
    pushState: (state: unknown) => entries.push(state),
    back: () => {
      isBackWanted += 1;
    },
  });
  const goBack = () => {
    for (; isBackWanted > 0; isBackWanted--) entries.pop();
    page.dispatchEvent(Object.assign(new Event('popstate'), { state: entries.at(-1) }));
  };
  return { entries, goBack };
}

test('closing an image twice before the browser has gone back goes back once', () => {
  const { entries, goBack } = browser();
  const navigation = new Navigation();
  navigation.start();
  navigation.go({ tags: ['sea'] });
  navigation.go({ image: 'one' });
  navigation.closeImage();
  navigation.closeImage();
  goBack();
  expect(entries).toHaveLength(2);
  navigation.go({ image: 'two' });
  navigation.closeImage();
  goBack();
  expect(entries).toHaveLength(2);
});
