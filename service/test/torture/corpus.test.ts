import { beforeEach, expect, test } from 'vitest';
import { announce, complete, putPart, type Started, sendUpload } from '../support/announced-uploads.ts';
import type { Image } from '../support/answers.ts';
import { corpusFiles, readCorpusFile, skipWithoutCorpus } from '../support/corpus.ts';
import { type TestHome, useHome } from '../support/homes.ts';
import { processing, replace } from '../support/image-calls.ts';
import { newPng, upload } from '../support/uploads.ts';
import { report, TORTURE, tries } from './support/torture.ts';

type Home = Omit<TestHome, 'close'>;

/** Of those that the corpus has; one upload's three body forms are tried by process/hostile.test.ts. */
const FILES = tries({ short: 16, long: 10_000 });

const announced =
  (method: 'put' | 'post' | 'parts') =>
  async (home: Home, bytes: Buffer): Promise<Response> => {
    const answer = await announce(home, bytes, { user_id: method, content_type: 'image/png', method });
    if (answer.status !== 201) return answer;
    const started = (await answer.json()) as Started;
    if (method === 'parts') {
      for (const part of started.upload.parts) await putPart(home, started, bytes, part);
    } else {
      const sent = await sendUpload(home, started, bytes);
      if (!sent.ok) return sent;
    }
    return complete(home, started);
  };

/** The ways by which bytes get in, but for those of one request. */
const WAYS: Readonly<Record<string, (home: Home, bytes: Buffer) => Promise<Response>>> = {
  put: announced('put'),
  post: announced('post'),
  parts: announced('parts'),
  async replace(home, bytes) {
    const { image_id } = await upload(home, { user_id: 'replace' }, newPng());
    return replace(home, image_id, bytes);
  },
};

beforeEach(skipWithoutCorpus);

const home = useHome('embedded', { config: processing({ keepVersions: 0 }) });

test.each(Object.entries(WAYS))(
  'hostile files that come by %s are taken or refused, and nothing fails',
  {
    timeout: TORTURE ? 1_200_000 : 120_000,
  },
  async (way, send) => {
    const all = corpusFiles('hostile');
    const step = Math.max(1, Math.floor(all.length / FILES));
    const files = all.filter((_, nth) => nth % step === 0);
    const taken: string[] = [];
    const statuses = new Map<number, number>();
    for (const file of files) {
      const response = await send(home, await readCorpusFile(file));
      const { status } = response;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      expect([200, 400, 409, 413, 415, 422], file.file).toContain(status);
      if (status === 200) taken.push(((await response.json()) as Image).image_id);
    }
    await home.workOff();
    let rejected = 0;
    for (const image_id of taken) {
      const image = (await (await home.request(`/images/${image_id}`)).json()) as Image;
      expect(['ready', 'rejected'], image_id).toContain(image.status);
      expect(image.url === null).toBe(image.status === 'rejected');
      if (image.status === 'rejected') rejected++;
    }
    report(`corpus-${way}`, {
      files: files.length,
      taken: taken.length,
      of_those_rejected_when_they_were_decoded: rejected,
      ...Object.fromEntries([...statuses].map(([status, times]) => [`answered_${status}`, times])),
    });
    expect(taken.length).toBeLessThan(files.length);
  },
);
