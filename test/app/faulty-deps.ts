import type { IngestDeps } from '#app/ingest-stream.ts';
import { SluiceError } from '#core/errors.ts';
import { Crash } from './crashing-deps.ts';

/**
 * What happens at one step of an instance's input and output, reads included:
 * - `refused`: the call fails, nothing happened; the instance lives on
 * - `ambiguous`: it happened, but the answer is lost; the instance lives on
 * - `crash`: the instance is gone before it
 * - `crash after`: the instance is gone after it
 */
export type StepFault = 'refused' | 'ambiguous' | 'crash' | 'crash after';

export const STEP_FAULTS: readonly StepFault[] = ['refused', 'ambiguous', 'crash', 'crash after'];

export interface FaultyDeps {
  readonly deps: IngestDeps;
  /** Names of the steps so far. */
  readonly steps: readonly string[];
}

/** An instance with a fault at its n-th step, from 1; 0: none. */
export function faultyDeps(
  deps: IngestDeps,
  point: { readonly step: number; readonly fault: StepFault },
): FaultyDeps {
  const steps: string[] = [];
  let isDead = false;
  const die = (): never => {
    isDead = true;
    throw new Crash('planted');
  };
  const step = async <T>(
    name: string,
    call: () => Promise<T>,
    lost: () => SluiceError = unavailable,
  ): Promise<T> => {
    if (isDead) die();
    steps.push(name);
    if (steps.length !== point.step) return await call();
    switch (point.fault) {
      case 'refused':
        throw unavailable();
      case 'crash':
        return die();
      case 'ambiguous':
        await call();
        throw lost();
      case 'crash after':
        await call();
        return die();
    }
  };
  const { store, catalog, reader, columns, stagingLog } = deps;
  return {
    steps,
    deps: {
      ...deps,
      store: {
        get: (uri) => step('get', () => store.get(uri)),
        head: (uri) => step('head', () => store.head(uri)),
        put: (uri, body, options) =>
          step(`put ${uri.split('.').at(-1)}`, () => store.put(uri, body, options)),
        list: (prefix) => store.list(prefix),
        delete: (uri) => step('delete', () => store.delete(uri)),
      },
      columns: {
        readBlocks: async function* (file, fields) {
          await step('read columns', async () => {});
          yield* columns.readBlocks(file, fields);
        },
      },
      reader: {
        readRows: (uri, columns) => step('read rows', () => reader.readRows(uri, columns)),
      },
      stagingLog: {
        read: (domain, source) => step('read chain', () => stagingLog.read(domain, source)),
        list: (domain) => step('list chains', () => stagingLog.list(domain)),
        put: (domain, chain) => step('put chain', () => stagingLog.put(domain, chain)),
        remove: (domain, chain) => step('remove chain', () => stagingLog.remove(domain, chain)),
      },
      catalog: {
        load: (ident) => step('load', () => catalog.load(ident)),
        swap: (ident, base, next) =>
          step('swap', () => catalog.swap(ident, base, next), unknownSwap),
        list: (database) => step('list tables', () => catalog.list(database)),
      },
    },
  };
}

function unavailable(): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', 'planted');
}

function unknownSwap(): SluiceError {
  return new SluiceError('COMMIT_STATE_UNKNOWN', 'planted');
}
