import { parentPort, workerData } from 'node:worker_threads';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import { createStore, type OperationName, runOperation } from './dynalite-engine.ts';
import { finishTableChanges } from './table-changes.ts';

/** What the thread is asked: one operation, or to close the database and end. */
export type WorkerRequest =
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly name: OperationName;
      readonly input: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'close' };

/** What the thread answers; `ready` or `open-failed` comes first. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'open-failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'output'; readonly id: number; readonly output: unknown }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly code: string;
      readonly status: number;
      readonly message: string;
    };

const store = createStore(String(workerData));
const reply = (message: WorkerReply): void => parentPort?.postMessage(message);

async function open(): Promise<void> {
  try {
    await store.db.open();
    store.tableDb.awsAccountId = LOCAL_ACCOUNT;
    store.tableDb.awsRegion = LOCAL_REGION;
    await finishTableChanges(store);
    parentPort?.on('message', (request: WorkerRequest) => void serve(request));
    reply({ kind: 'ready' });
  } catch (error) {
    const { message, cause } = error as Error & { readonly cause?: NodeJS.ErrnoException };
    reply({ kind: 'open-failed', code: cause?.code ?? '', message: cause?.message ?? message });
  }
}

async function serve(request: WorkerRequest): Promise<void> {
  if (request.kind === 'close') {
    await store.db.close();
    parentPort?.close();
    return;
  }
  const { id, name, input } = request;
  try {
    reply({ kind: 'output', id, output: await runOperation(store, name, input) });
  } catch (error) {
    const { code, status, message } =
      error instanceof AwsError
        ? error
        : new AwsError('InternalServerError', String((error as Error).message), 500);
    reply({ kind: 'failure', id, code, status, message });
  }
}

await open();
