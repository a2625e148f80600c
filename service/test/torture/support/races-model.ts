import type { Image } from '../../support/answers.ts';
import { type Done, FIRST, type Program, type Reached, type Running } from './linear.ts';

/** So many images a user may have, wherever they lie. */
export const SLOTS = 4;

/** So many bytes, former versions included. */
export const ROOM = 2000;

/** So many former versions of an image are kept: few, so that some are dropped. */
export const KEPT = 1;

/** What is done to one image. */
export const ACTS = [
  'view',
  'title',
  'describe',
  'replace',
  'restore first version',
  'delete',
  'delete for good',
  'restore',
  'send',
  'complete',
] as const;
export type Act = (typeof ACTS)[number];

export type Op =
  | { readonly name: Act; readonly target: number; readonly size: number }
  | { readonly name: 'upload'; readonly size: number }
  | { readonly name: 'announce'; readonly size: number }
  | { readonly name: 'delete several'; readonly targets: readonly number[]; readonly forGood: boolean }
  | { readonly name: 'list' }
  | { readonly name: 'usage' }
  | { readonly name: 'purge' };

/** What an image shows of itself. */
export type Seen = Pick<
  Image,
  'image_id' | 'version' | 'status' | 'title' | 'description' | 'checksum_sha256'
>;

export interface Outcome {
  readonly status: number;
  /** Which images it was about. */
  readonly targets?: readonly string[];
  /** What is answered of an image. */
  readonly image?: Seen;
  /** What a change, a replacement or an upload was to make of it. */
  readonly sent?: Partial<Pick<ModelImage, 'title' | 'description' | 'checksum_sha256'>>;
  /** Of a deletion of several, what is answered of each of its targets. */
  readonly statuses?: readonly number[];
  /** What a list shows. */
  readonly ids?: readonly string[];
  /** What the user is charged for. */
  readonly charged?: Charged;
}

export interface Charged {
  readonly images: number;
  readonly bytes: number;
}

export type Deed = Done<Op, Outcome>;

/** Bytes that are an image's, or were; no two uploads have the same. */
interface Bytes {
  readonly checksum_sha256: string;
  readonly size: number;
}

interface FormerImage extends Bytes {
  readonly version: number;
}

export interface ModelImage extends Bytes {
  readonly place: 'shown' | 'trashed' | 'announced';
  /** Of what is announced: whether its bytes are there. */
  readonly arrived: boolean;
  readonly version: number;
  readonly title: string | null;
  readonly description: string | null;
  /** Newest first. */
  readonly former: readonly FormerImage[];
}

/** What is not said of an image when it is uploaded. */
export const NEW = { version: 1, title: null, description: null, former: [], arrived: true } as const;

/** A user's images by id, and how much of the quota is taken. */
export interface State {
  readonly images: Readonly<Record<string, ModelImage>>;
  readonly slots: number;
  readonly bytes: number;
}

export const shownIn = ({ images }: State): string[] =>
  Object.keys(images)
    .filter((id) => images[id]?.place === 'shown')
    .sort();

/** All that is stored of an image: bytes that two of its versions share once. */
export function storedOf({ former, ...current }: ModelImage): number {
  const sizes = new Map([...former, current].map((each) => [each.checksum_sha256, each.size]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** Its images in the order of their ids, so that equal states read alike. */
export function withImage(state: State, id: string, image: ModelImage | undefined): State {
  const others = Object.entries(state.images).filter(([each]) => each !== id);
  const all = image ? [...others, [id, image] as const] : others;
  return { ...state, images: Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const NEVER: readonly Reached<State>[] = [];
const when = (holds: boolean, state: State): readonly Reached<State>[] => (holds ? [{ state }] : NEVER);

export function fits(seen: Seen | undefined, image: ModelImage): boolean {
  if (!seen || seen.version !== image.version) return false;
  if (seen.title !== image.title || seen.description !== image.description) return false;
  if (image.place === 'announced') return seen.status === 'pending';
  return seen.status === 'ready' && seen.checksum_sha256 === image.checksum_sha256;
}

/** Everything that was done, as the API says that it is done by one caller alone, step by step. */
export function programsOf(first: State, all: readonly Deed[]): Running<State>[] {
  const ids = everTrashed(first, all);
  const asking = new Set<Program<State>>();
  // Room that is given back is seen by those alone who ask for some, or how much there is.
  const isUnseen = (step: string, others: readonly Running<State>[]) =>
    step.startsWith(GIVE_BACK) && !others.some(({ program }) => asking.has(program));
  return all.flatMap((deed) => {
    const { op, outcome, began, ended } = deed;
    const run = (program: Program<State>, isRead = changesNothing(op, outcome.status)): Running<State> => {
      if (ASKING.includes(op.name)) asking.add(program);
      return { program, isRead, isUnseen, began, ended };
    };
    if (op.name === 'upload' || op.name === 'announce') return [run(uploading(op, outcome))];
    if (op.name === 'list')
      return [run((state) => when(String(outcome.ids?.toSorted()) === String(shownIn(state)), state))];
    if (op.name === 'usage') return [run((state) => when(isCharged(outcome.charged, state), state))];
    // These look at each image by itself.
    if (op.name === 'purge') return ids.map((id) => run(purging(id)));
    const { targets = [], statuses = [] } = outcome;
    if (op.name === 'delete several')
      return targets.map((id, nth) => {
        const status = statuses[nth] ?? 0;
        return run(deleting(id, op.forGood, status), status >= 400);
      });
    const [id = ''] = targets;
    const rivals = all
      .filter((each) => each !== deed && each.began < ended && began < each.ended)
      .filter(({ op: other, outcome: { targets: its } }) => other.name === 'purge' || its?.includes(id))
      .map(({ op: other }) => other.name);
    return [run(programOf(op, id, outcome, rivals))];
  });
}

/** The images that may lie in the trash at any time. */
function everTrashed({ images }: State, all: readonly Deed[]): string[] {
  const first = Object.keys(images).filter((id) => images[id]?.place === 'trashed');
  const later = all
    .filter(({ op }) => op.name === 'delete' || (op.name === 'delete several' && !op.forGood))
    .flatMap(({ outcome }) => outcome.targets ?? []);
  return [...new Set([...first, ...later])];
}

/** Who asks for room, or how much there is. */
const ASKING: readonly string[] = ['usage', 'upload', 'announce', 'replace'] satisfies Op['name'][];

/** What is refused has changed nothing; but a replacement may have had room for a while. */
function changesNothing({ name }: Op, status: number): boolean {
  if (name === 'view' || name === 'list' || name === 'usage') return true;
  return status >= 400 && name !== 'replace';
}

export const isCharged = (charged: Charged | undefined, { slots, bytes }: State) =>
  charged?.images === slots && charged.bytes === bytes;

function programOf(
  { name, size }: Extract<Op, { name: Act }>,
  id: string,
  outcome: Outcome,
  rivals: readonly string[],
): Program<State> {
  if (name === 'delete' || name === 'delete for good')
    return deleting(id, name === 'delete for good', outcome.status);
  if (name === 'replace') return replacing(id, size, outcome, rivals);
  if (name === 'restore first version') return restoringFirst(id, outcome);
  if (name === 'send') return (state) => when(outcome.status === 200, withArrival(state, id));
  return (state) => {
    const image = state.images[id];
    // Only a restoration looks into the trash.
    if (!image || (image.place === 'trashed' && name !== 'restore'))
      return when(outcome.status === 404 || isTurnedAway(name, outcome, rivals), state);
    if (isTurnedAway(name, outcome, rivals)) return when(true, state);
    if (name === 'complete' && image.place === 'announced' && !image.arrived)
      return when(outcome.status === 409, state);
    const next = { ...image, ...PLACES[name], ...outcome.sent };
    // What is announced cannot lie in the trash, and is not there by being looked for in it.
    const kept = name === 'restore' && image.place === 'announced' ? image : next;
    return when(outcome.status === 200 && fits(outcome.image, kept), withImage(state, id, kept));
  };
}

const PLACES: Readonly<Partial<Record<Act, Pick<ModelImage, 'place'>>>> = {
  restore: { place: 'shown' },
  complete: { place: 'shown' },
};

/** Whoever meets another's change may be told so, and has changed nothing. */
function isTurnedAway(name: Act, { status }: Outcome, rivals: readonly string[]): boolean {
  if (status !== 409) return false;
  if (name === 'replace') return rivals.includes('replace');
  // Its bytes go when it is deleted: then none have arrived.
  return name === 'complete' && rivals.some((each) => each.startsWith('delete'));
}

/** Whoever was given a URL may send to it, whatever has become of the upload; that counts while it is under way. */
function withArrival(state: State, id: string): State {
  const image = state.images[id];
  return image?.place === 'announced' ? withImage(state, id, { ...image, arrived: true }) : state;
}

/** Room is taken before the image can be seen. */
function uploading(
  { name, size }: Extract<Op, { name: 'upload' | 'announce' }>,
  { status, image, sent }: Outcome,
): Program<State> {
  return (state, step) => {
    const isFull = state.slots >= SLOTS || state.bytes + size > ROOM;
    if (step === FIRST && isFull) return when(status === 429, state);
    if (status !== 201 || !image || sent?.checksum_sha256 === undefined) return NEVER;
    if (step === FIRST) {
      const taken = { ...state, slots: state.slots + 1, bytes: state.bytes + size };
      return [{ state: taken, next: 'show' }];
    }
    const bytes = { checksum_sha256: sent.checksum_sha256, size };
    const made: ModelImage =
      name === 'upload'
        ? { ...NEW, ...bytes, place: 'shown' }
        : { ...NEW, ...bytes, place: 'announced', arrived: false };
    return when(fits(image, made), withImage(state, image.image_id, made));
  };
}

/** Room is taken once the image has been found, and given back where it is not there any more. */
function replacing(id: string, size: number, outcome: Outcome, rivals: readonly string[]): Program<State> {
  const { status, sent, image: seen } = outcome;
  return (state, step) => {
    const image = state.images[id];
    const isFound = image !== undefined && image.place !== 'trashed';
    if (step.startsWith(GIVE_BACK)) return givenBack(state, step);
    if (step === 'take') {
      if (state.bytes + size > ROOM) return when(status === 429, state);
      return status === 429 ? NEVER : [{ state: { ...state, bytes: state.bytes + size }, next: 'make' }];
    }
    if (step === FIRST) {
      if (!isFound) return when(status === 404, state);
      return image.place === 'announced' ? when(status === 409, state) : [{ state, next: 'take' }];
    }
    const failed = [{ state, next: backOf({ images: 0, bytes: size }) }];
    if (isTurnedAway('replace', outcome, rivals)) return failed;
    if (!isFound) return status === 404 ? failed : NEVER;
    const made = succeeding(image, { checksum_sha256: sent?.checksum_sha256 ?? '', size });
    if (status !== 200 || !fits(seen, made)) return NEVER;
    const dropped = storedOf(image) + size - storedOf(made);
    return [dropping(withImage(state, id, made), dropped)];
  };
}

/** The first bytes once more, if they are kept: nothing is stored for that, and what is kept no longer is given back. */
function restoringFirst(id: string, { status, image: seen }: Outcome): Program<State> {
  return (state, step) => {
    if (step.startsWith(GIVE_BACK)) return givenBack(state, step);
    const image = state.images[id];
    if (!image || image.place === 'trashed') return when(status === 404, state);
    if (image.place === 'announced' || image.version === 1) return when(status === 409, state);
    const first = image.former.find(({ version }) => version === 1);
    if (!first) return when(status === 404, state);
    const made = succeeding(image, first);
    if (status !== 200 || !fits(seen, made)) return NEVER;
    const dropped = storedOf(image) - storedOf(made);
    return [dropping(withImage(state, id, made), dropped)];
  };
}

function succeeding(image: ModelImage, { checksum_sha256, size }: Bytes): ModelImage {
  const { version, former, ...before } = image;
  const now = { version, checksum_sha256: before.checksum_sha256, size: before.size };
  return {
    ...before,
    ...{ checksum_sha256, size },
    version: version + 1,
    former: [now, ...former].slice(0, KEPT),
  };
}

/** What has been found is gone by the end, whoever has done it; its room is given back by who has, after that. */
function deleting(id: string, forGood: boolean, status: number): Program<State> {
  return (state, step) => {
    const image = state.images[id];
    if (step.startsWith(GIVE_BACK)) return givenBack(state, step);
    if (step === FIRST) {
      if (!image || (image.place === 'trashed' && !forGood)) return when(status === 404, state);
      return status === 204 ? [{ state, next: 'remove' }] : NEVER;
    }
    if (!image || (image.place === 'trashed' && !forGood)) return when(true, state);
    if (image.place === 'shown' && !forGood)
      return when(true, withImage(state, id, { ...image, place: 'trashed' }));
    return removed(state, id, image);
  };
}

/** What lies in the trash when it is looked for goes, unless somebody has restored it before that. */
function purging(id: string): Program<State> {
  return (state, step) => {
    if (step.startsWith(GIVE_BACK)) return givenBack(state, step);
    const image = state.images[id];
    if (image?.place !== 'trashed') return when(true, state);
    return step === FIRST ? [{ state, next: 'remove' }] : removed(state, id, image);
  };
}

const removed = (state: State, id: string, image: ModelImage): readonly Reached<State>[] => [
  { state: withImage(state, id, undefined), next: backOf({ images: 1, bytes: storedOf(image) }) },
];

/** What is kept no longer is given back after it has gone. */
const dropping = (state: State, bytes: number): Reached<State> =>
  bytes === 0 ? { state } : { state, next: backOf({ images: 0, bytes }) };

const GIVE_BACK = 'give back';

const backOf = ({ images, bytes }: Charged) => `${GIVE_BACK} ${images} ${bytes}`;

function givenBack(state: State, step: string): readonly Reached<State>[] {
  const [images = 0, bytes = 0] = step.slice(GIVE_BACK.length).trim().split(' ').map(Number);
  return when(true, { ...state, slots: state.slots - images, bytes: state.bytes - bytes });
}
