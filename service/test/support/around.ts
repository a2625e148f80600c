import type { AppContext } from '../../src/http/context.ts';
import type { ImageIndex } from '../../src/ports/image-index.ts';
import type { ObjectDraft, ObjectStore } from '../../src/ports/object-store.ts';

/** Puts some functions of a home's object store in place of its own, which they get to call. */
export function aroundObjects(changes: (objects: ObjectStore) => Partial<ObjectStore>) {
  return (context: AppContext): AppContext => {
    const { objects } = context.deps;
    const delegate: ObjectStore = {
      begin: () => objects.begin(),
      open: (key) => objects.open(key),
      delete: (key) => objects.delete(key),
      list: (prefix) => objects.list(prefix),
      presignRead: (key, options) => objects.presignRead(key, options),
      check: () => objects.check(),
    };
    return { ...context, deps: { ...context.deps, objects: { ...delegate, ...changes(objects) } } };
  };
}

/** The same for each object that is being written. */
export function aroundDrafts(changes: (draft: ObjectDraft) => Partial<ObjectDraft>) {
  return aroundObjects((objects) => ({
    async begin() {
      const draft = await objects.begin();
      return {
        write: (chunk) => draft.write(chunk),
        commit: (key, properties) => draft.commit(key, properties),
        discard: () => draft.discard(),
        ...changes(draft),
      };
    },
  }));
}

/** The same for the index. */
export function aroundIndex(changes: (index: ImageIndex) => Partial<ImageIndex>) {
  return (context: AppContext): AppContext => {
    const { index } = context.deps;
    const delegate: ImageIndex = {
      insert: (record, jobs, audit) => index.insert(record, jobs, audit),
      get: (id) => index.get(id),
      getSummaries: (ids) => index.getSummaries(ids),
      replace: (previous, next, jobs, audit) => index.replace(previous, next, jobs, audit),
      remove: (previous, jobs, audit) => index.remove(previous, jobs, audit),
      list: (filter, limit, after) => index.list(filter, limit, after),
      due: (kind, before, limit, after) => index.due(kind, before, limit, after),
      check: () => index.check(),
    };
    return { ...context, deps: { ...context.deps, index: { ...delegate, ...changes(index) } } };
  };
}

/** Counts the objects that are open for reading at a home. */
export function countOpen() {
  const count = { open: 0 };
  const around = aroundObjects((objects) => ({
    async open(key) {
      const object = await objects.open(key);
      if (!object) return undefined;
      count.open++;
      let closed = false;
      return {
        ...object,
        async close() {
          if (!closed) count.open--;
          closed = true;
          await object.close();
        },
      };
    },
  }));
  return { around, count };
}
