import { describe, expect, it } from 'vitest';
import { expectImage, expectList, expectProblem, type Image } from '../support/answers.ts';
import { HOMES, type TestHome, useHome } from '../support/homes.ts';
import { upload } from '../support/uploads.ts';

type Home = Omit<TestHome, 'close'>;

function patch(home: Home, { image_id }: Pick<Image, 'image_id'>, change: unknown, ifMatch?: string) {
  return home.request(`/images/${image_id}`, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/json',
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    },
    body: typeof change === 'string' ? change : JSON.stringify(change),
  });
}

describe.each(HOMES)('update-image (%s)', (kind) => {
  const home = useHome(kind);
  const fields = { filename: 'a.png', title: 'Old', description: 'Old words', tags: ['old', 'both'] };

  it('changes what is named, keeps the rest, and moves revision and updated_at', async () => {
    const image = await upload(home, fields);
    home.clock.advance(1000);
    const response = await patch(home, image, { title: 'New' });
    expect(response.headers.get('etag')).toBe('"1.2"');
    const changed = await expectImage(response);
    expect(changed).toEqual({ ...image, title: 'New', updated_at: changed.updated_at });
    expect(changed.updated_at > image.updated_at).toBe(true);
    expect(await expectImage(await home.request(`/images/${image.image_id}`))).toEqual(changed);
  });

  it('null, an empty text or an empty list clears', async () => {
    for (const nothing of [null, '']) {
      const image = await upload(home, fields);
      const change = { title: nothing, description: nothing, tags: [] };
      expect(await expectImage(await patch(home, image, change))).toMatchObject({
        title: null,
        description: null,
        tags: [],
        filename: 'a.png',
      });
    }
  });

  it('tags are replaced as a whole, normalised, and listings follow', async () => {
    const image = await upload(home, { user_id: 'carol', ...fields });
    const changed = await expectImage(await patch(home, image, { tags: ' New, BOTH,new ' }));
    expect(changed.tags).toEqual(['new', 'both']);
    const found = async (query: string) =>
      (await expectList(await home.request(`/images?${query}`))).items.map(({ tags }) => tags);
    expect(await found('user_id=carol&tag=new')).toEqual([['new', 'both']]);
    expect(await found('tag=new&tag=both')).toEqual([['new', 'both']]);
    expect(await found('user_id=carol&tag=old')).toEqual([]);
    expect(await found('user_id=carol')).toEqual([['new', 'both']]);
  });

  it.each([
    ['nothing', '', 'body'],
    ['an empty object', {}, 'body'],
    ['a list', [], 'body'],
    ['null', 'null', 'body'],
    ['broken JSON', '{"title":', 'body'],
    ['an unknown field', { title: 'x', colour: 'red' }, 'colour'],
    ['a field that cannot change', { user_id: 'bob' }, 'user_id'],
    ['another field that cannot change', { filename: 'b.png' }, 'filename'],
    ['`__proto__`', '{"title":"x","__proto__":{}}', '__proto__'],
    ['a title that is a number', { title: 1 }, 'title'],
    ['a title of 201 characters', { title: 'x'.repeat(201) }, 'title'],
    ['a title with a line end', { title: 'a\nb' }, 'title'],
    ['a lone surrogate', '{"title":"\\ud800"}', 'title'],
    ['a long description', { description: 'x'.repeat(2001) }, 'description'],
    ['tags that are null', { tags: null }, 'tags'],
    ['21 tags', { tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, 'tags'],
    ['a long tag', { tags: ['ok', 'x'.repeat(65)] }, 'tags.1'],
  ])('a change that is %s is refused, names the field and changes nothing', async (_what, change, field) => {
    const image = await upload(home, fields);
    await expectProblem(await patch(home, image, change), 'invalid_request', field);
    const response = await home.request(`/images/${image.image_id}`);
    expect(response.headers.get('etag')).toBe('"1.1"');
    expect(await expectImage(response)).toEqual(image);
  });
});

describe.each(HOMES)('the edges of update-image (%s)', (kind) => {
  const home = useHome(kind);

  it('a parameter is refused, and a body of 100 KB is 413', async () => {
    const image = await upload(home);
    const withQuery = { image_id: `${image.image_id}?title=x` };
    await expectProblem(await patch(home, withQuery, { title: 'x' }), 'invalid_request', 'title');
    const long = { description: 'x'.repeat(100_000) };
    await expectProblem(await patch(home, image, long), 'payload_too_large');
  });

  it('changes at the same time are all made, one after another', async () => {
    const image = await upload(home);
    const titles = Array.from({ length: 8 }, (_, n) => `title ${n}`);
    await Promise.all(titles.map(async (title) => expectImage(await patch(home, image, { title }))));
    const response = await home.request(`/images/${image.image_id}`);
    expect(response.headers.get('etag')).toBe('"1.9"');
    expect(titles).toContain((await expectImage(response)).title);
  });
});

describe.each(HOMES)('If-Match of a change (%s)', (kind) => {
  const home = useHome(kind);

  it.each([
    ['the current tag', '"1.1"'],
    ['any', '*'],
    ['a list that has the current tag', '"7.7" , "1.1"'],
    ['a list of weak and strong tags', 'W/"1.1", "1.1"'],
  ])('%s lets it through', async (_what, ifMatch) => {
    const image = await upload(home);
    const response = await patch(home, image, { title: 'New' }, ifMatch);
    expect(response.headers.get('etag')).toBe('"1.2"');
    expect(await expectImage(response)).toMatchObject({ title: 'New' });
  });

  it.each([
    ['a tag of another revision', '"1.2"'],
    ['a weak tag', 'W/"1.1"'],
    ['a tag without quotes', '1.1'],
    ['a list of others', '"1.0", "2.1"'],
    ['nothing', ''],
  ])('%s stops it', async (_what, ifMatch) => {
    const image = await upload(home);
    await expectProblem(await patch(home, image, { title: 'New' }, ifMatch), 'precondition_failed');
    expect(await expectImage(await home.request(`/images/${image.image_id}`))).toEqual(image);
  });

  it('a tag that has been current is stale after a change', async () => {
    const image = await upload(home);
    await expectImage(await patch(home, image, { title: 'First' }, '"1.1"'));
    await expectProblem(await patch(home, image, { title: 'Second' }, '"1.1"'), 'precondition_failed');
    expect(await expectImage(await patch(home, image, { title: 'Third' }, '"1.2"'))).toMatchObject({
      title: 'Third',
    });
  });

  it('of changes at the same time on one tag, one is made', async () => {
    const image = await upload(home);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => patch(home, image, { title: `title ${n}` }, '"1.1"')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
    expect((await home.request(`/images/${image.image_id}`)).headers.get('etag')).toBe('"1.2"');
  });
});
