import DataLoader, { type BatchLoadFn } from 'dataloader';

/** Values that many parents ask for one by one, each with a `load` of its own. */
export type Batch<Key, Value> = Pick<DataLoader<Key, Value>, 'load'>;

/** The request of one parent's list: `query` says which rows and how many. */
export interface ListRequest<Parent, Query> {
  readonly parent: Parent;
  readonly query: Query;
}

/** Loads things by a key of their own; null where there is none. */
export function byKey<Key, Value>(
  find: (keys: readonly Key[]) => Promise<Value[]>,
  keyOf: (value: Value) => Key,
): Batch<Key, Value | null> {
  return byMap(async (keys: readonly Key[]) => {
    const found = new Map((await find(keys)).map((value) => [keyOf(value), value]));
    return new Map(keys.map((key) => [key, found.get(key) ?? null]));
  });
}

/** Loads values by key. @param find answers for every key */
export function byMap<Key, Value>(
  find: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): Batch<Key, Value> {
  return batch(async (keys) => {
    const found = await find([...new Set(keys)]);
    return keys.map((key) => found.get(key) as Value);
  });
}

/**
 * Loads lists below many parents, with one statement for all that ask the same: those of one field of an operation.
 * @param find answers for every parent
 */
export function byParent<Parent, Query, Value>(
  find: (parents: readonly Parent[], query: Query) => Promise<ReadonlyMap<Parent, Value>>,
): Batch<ListRequest<Parent, Query>, Value> {
  return batch(async (requests) => {
    const groups = new Map<string, { query: Query; parents: Set<Parent> }>();
    for (const { parent, query } of requests) {
      const name = JSON.stringify(query);
      const group = groups.get(name) ?? { query, parents: new Set<Parent>() };
      groups.set(name, group);
      group.parents.add(parent);
    }
    const answers = new Map<string, ReadonlyMap<Parent, Value>>();
    for (const [name, { query, parents }] of groups) {
      answers.set(name, await find([...parents], query));
    }
    return requests.map(
      ({ parent, query }) => answers.get(JSON.stringify(query))?.get(parent) as Value,
    );
  });
}

/** Makes a loader when it is first used: a request has some twenty, and uses one or two. */
function batch<Key, Value>(load: BatchLoadFn<Key, Value>): Batch<Key, Value> {
  let loader: DataLoader<Key, Value> | undefined;
  return {
    load: (key) => (loader ??= new DataLoader(load, { cache: false })).load(key),
  };
}
