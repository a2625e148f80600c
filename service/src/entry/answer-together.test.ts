import { expect, test } from 'vitest';
import { answerTogether } from './answer-together.ts';

const REQUEST = new Request('http://127.0.0.1/');

test('answers that are ready in one turn of the event loop come together, when all of that turn is done', async () => {
  const said: string[] = [];
  const fetch = answerTogether(async ({ url }: Request) => {
    said.push(`made ${url}`);
    return new Response(url);
  });
  const ask = async (name: string) => {
    const answer = await fetch(new Request(`http://${name}/`));
    said.push(`sent ${await answer.text()}`);
  };
  const answered = ['one', 'two', 'three'].map(ask);
  await Promise.resolve();
  expect(said).toEqual(['one', 'two', 'three'].map((name) => `made http://${name}/`));
  await Promise.all(answered);
  expect(said.slice(3)).toEqual(['one', 'two', 'three'].map((name) => `sent http://${name}/`));
});

test('an answer that takes longer holds up no other', async () => {
  const slow = Promise.withResolvers<Response>();
  let asked = 0;
  const fetch = answerTogether((_request: Request) => (asked++ === 0 ? slow.promise : new Response('quick')));
  const first = fetch(REQUEST);
  expect(await (await fetch(REQUEST)).text()).toBe('quick');
  slow.resolve(new Response('slow'));
  expect(await (await first).text()).toBe('slow');
});

test('what fails fails as it did', async () => {
  const fetch = answerTogether((_request: Request) => Promise.reject(new Error('no such address')));
  await expect(fetch(REQUEST)).rejects.toThrow('no such address');
});
