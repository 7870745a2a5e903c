import { SluiceError } from '#core/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { MessageQueue } from '#ports/message-queue.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import type { Process, Scheduler, Step } from './scheduler.ts';

/** The services of a world as one process sees them: every call is a step that can go wrong. */
export function simulatedStore(process: Process, store: ObjectStore): ObjectStore {
  const read = <T>(name: string, effect: () => Promise<T>) =>
    process.step({ name, isWrite: false, effect, unanswered: unavailable });
  const write = (name: string, effect: () => Promise<void>) =>
    process.step({ name, isWrite: true, effect, unanswered: unavailable });
  return {
    get: (uri) => read(`get ${objectKind(uri)}`, () => store.get(uri)),
    head: (uri) => read(`head ${objectKind(uri)}`, () => store.head(uri)),
    put: (uri, body, options) => {
      const bytes = body.slice();
      return write(`put ${objectKind(uri)}`, () => store.put(uri, bytes, options));
    },
    list: async function* (prefix) {
      yield* await read('list objects', () => listed(store, prefix));
    },
    delete: (uri) => write(`delete ${objectKind(uri)}`, () => store.delete(uri)),
  };
}

export function simulatedCatalog(process: Process, catalog: TableCatalog): TableCatalog {
  return {
    load: (ident) =>
      process.step({
        name: 'load table',
        isWrite: false,
        effect: () => catalog.load(ident),
        unanswered: unavailable,
      }),
    swap: (ident, base, next) =>
      process.step({
        name: 'swap table',
        isWrite: true,
        effect: () => catalog.swap(ident, base, next),
        unanswered: stateUnknown,
      }),
    list: (database) =>
      process.step({
        name: 'list tables',
        isWrite: false,
        effect: () => catalog.list(database),
        unanswered: unavailable,
      }),
  };
}

export function simulatedLog(process: Process, log: StagingLog): StagingLog {
  const step = <T>(name: string, isWrite: boolean, effect: () => Promise<T>): Promise<T> => {
    const asked: Step<T> = { name, isWrite, effect, unanswered: unavailable };
    return process.step(asked);
  };
  return {
    read: (domain, source) => step('read chain', false, () => log.read(domain, source)),
    list: (domain) => step('list chains', false, () => log.list(domain)),
    put: (domain, chain) => step('put chain', true, () => log.put(domain, chain)),
    remove: (domain, chain) => step('remove chain', true, () => log.remove(domain, chain)),
  };
}

export function simulatedQueue(process: Process, queue: MessageQueue): MessageQueue {
  return {
    send: (body) =>
      process.step({
        name: 'send message',
        isWrite: true,
        effect: () => queue.send(body),
        unanswered: unavailable,
      }),
  };
}

/** The clock of one machine: ahead of the world's, behind it, or stepping while it runs. */
export function simulatedClock(
  process: Process,
  scheduler: Scheduler,
  skewMs: () => number,
): Clock {
  return {
    nowMs: () => scheduler.nowMs + skewMs(),
    sleep: (ms) => process.sleep(ms),
  };
}

/** A store whose objects are as old as the world says. */
export function withTimes(store: ObjectStore, scheduler: Pick<Scheduler, 'nowMs'>): ObjectStore {
  const modifiedMs = new Map<string, number>();
  return {
    get: (uri) => store.get(uri),
    head: (uri) => store.head(uri),
    delete: (uri) => store.delete(uri),
    put: async (uri, body, options) => {
      await store.put(uri, body, options);
      modifiedMs.set(uri, scheduler.nowMs);
    },
    list: async function* (prefix) {
      for await (const object of store.list(prefix)) {
        yield { ...object, modifiedMs: modifiedMs.get(object.uri) ?? 0 };
      }
    },
  };
}

/** What an object is, by its name. */
export function objectKind(uri: string): string {
  if (uri.startsWith('s3://dead')) return 'dead letters';
  if (uri.endsWith('.metadata.json')) return 'metadata';
  if (uri.endsWith('.parquet')) return 'data file';
  if (/\/snap-[^/]*\.avro$/.test(uri)) return 'manifest list';
  if (uri.endsWith('.avro')) return 'manifest';
  return 'descriptor';
}

async function listed(store: ObjectStore, prefix: string) {
  const objects: { uri: string; sizeBytes: number; modifiedMs: number }[] = [];
  for await (const object of store.list(prefix)) objects.push(object);
  return objects;
}

function unavailable(): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', 'the service did not answer');
}

function stateUnknown(): SluiceError {
  return new SluiceError('COMMIT_STATE_UNKNOWN', 'the answer of the swap was lost');
}
