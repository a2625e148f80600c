import type { Image } from '../../support/answers.ts';
import { type Done, FIRST, type Program, type Reached, type Running } from './linear.ts';

/** So many images a user may have, wherever they lie. */
export const SLOTS = 4;

/** What is done to one image. */
export const ACTS = [
  'view',
  'title',
  'describe',
  'replace',
  'delete',
  'delete for good',
  'restore',
  'complete',
] as const;
export type Act = (typeof ACTS)[number];

export type Op =
  | { readonly name: Act; readonly target: number }
  | { readonly name: 'upload' }
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
  /** What is answered of an image. */
  readonly image?: Seen;
  /** What a change, a replacement or an upload was to make of it. */
  readonly sent?: Partial<Pick<ModelImage, 'title' | 'description' | 'checksum_sha256'>>;
  /** What a list shows. */
  readonly ids?: readonly string[];
  /** How many images the user is charged for. */
  readonly charged?: number;
}

export type Deed = Done<Op, Outcome>;

export interface ModelImage {
  readonly place: 'shown' | 'trashed' | 'announced';
  readonly version: number;
  readonly title: string | null;
  readonly description: string | null;
  readonly checksum_sha256: string;
}

/** What is not said of an image when it is uploaded. */
export const NEW = { version: 1, title: null, description: null } as const;

/** A user's images by id, and how many slots of the quota are taken. */
export interface State {
  readonly images: Readonly<Record<string, ModelImage>>;
  readonly slots: number;
}

export const shownIn = ({ images }: State): string[] =>
  Object.keys(images)
    .filter((id) => images[id]?.place === 'shown')
    .sort();

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
export function programsOf(all: readonly Deed[], ids: readonly string[]): Running<State>[] {
  return all.flatMap((deed) => {
    const { began, ended } = deed;
    const run = (program: Program<State>): Running<State> => ({ program, began, ended });
    const { op, outcome } = deed;
    if (op.name === 'upload') return [run(uploading(outcome))];
    if (op.name === 'list')
      return [run((state) => when(String(outcome.ids?.toSorted()) === String(shownIn(state)), state))];
    if (op.name === 'usage') return [run((state) => when(outcome.charged === state.slots, state))];
    // It looks at each image by itself.
    if (op.name === 'purge') return ids.map((id) => run(purging(id)));
    const { name, target } = op;
    const beside = all.filter(
      (each) => each !== deed && each.began < ended && began < each.ended && concerns(each, target),
    );
    return [run(programOf(name, ids[target] ?? '', outcome, beside))];
  });
}

const concerns = ({ op }: Deed, target: number) => !('target' in op) || op.target === target;

function programOf(name: Act, id: string, outcome: Outcome, beside: readonly Deed[]): Program<State> {
  if (name === 'delete' || name === 'delete for good')
    return deleting(id, name === 'delete for good', outcome);
  const rivals = beside.map(({ op }) => op.name);
  return (state) => {
    const image = state.images[id];
    // Only a restoration looks into the trash.
    if (!image || (image.place === 'trashed' && name !== 'restore'))
      return when(outcome.status === 404 || isTurnedAway(name, outcome, rivals), state);
    if (name === 'replace' && image.place === 'announced') return when(outcome.status === 409, state);
    if (isTurnedAway(name, outcome, rivals)) return when(true, state);
    const next = { ...image, ...PLACES[name], ...outcome.sent };
    const made = name === 'replace' ? { ...next, version: image.version + 1 } : next;
    // What is announced cannot lie in the trash, and is not there by being looked for in it.
    const kept = name === 'restore' && image.place === 'announced' ? image : made;
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

/** A slot is taken before the image can be seen. */
function uploading({ status, image, sent }: Outcome): Program<State> {
  return (state, step) => {
    if (step === FIRST && state.slots >= SLOTS) return when(status === 429, state);
    if (status !== 201 || !image || sent?.checksum_sha256 === undefined) return NEVER;
    const { checksum_sha256 } = sent;
    if (step === FIRST) return [{ state: { ...state, slots: state.slots + 1 }, next: 'show' }];
    const shown: ModelImage = { ...NEW, place: 'shown', checksum_sha256 };
    return when(fits(image, shown), withImage(state, image.image_id, shown));
  };
}

/** What has been found is gone by the end, whoever has done it; its slot is given back by who has, after that. */
function deleting(id: string, forGood: boolean, { status }: Outcome): Program<State> {
  return (state, step) => {
    const image = state.images[id];
    if (step === 'give back') return when(true, { ...state, slots: state.slots - 1 });
    if (step === FIRST) {
      if (!image || (image.place === 'trashed' && !forGood)) return when(status === 404, state);
      return status === 204 ? [{ state, next: 'remove' }] : NEVER;
    }
    if (!image || (image.place === 'trashed' && !forGood)) return when(true, state);
    if (image.place === 'shown' && !forGood)
      return when(true, withImage(state, id, { ...image, place: 'trashed' }));
    return [{ state: withImage(state, id, undefined), next: 'give back' }];
  };
}

/** What lies in the trash when it is looked for goes, unless somebody has restored it before that. */
function purging(id: string): Program<State> {
  return (state, step) => {
    if (step === 'give back') return when(true, { ...state, slots: state.slots - 1 });
    const isThere = state.images[id]?.place === 'trashed';
    if (step === FIRST) return isThere ? [{ state, next: 'remove' }] : [{ state }];
    return isThere ? [{ state: withImage(state, id, undefined), next: 'give back' }] : when(true, state);
  };
}
