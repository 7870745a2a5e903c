import { Worker } from 'node:worker_threads';
import { SluiceError } from '#core/errors.ts';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { OperationName } from './dynalite-engine.ts';
import type { WorkerReply, WorkerRequest } from './dynalite-worker.ts';

type OperationInput = Readonly<Record<string, unknown>>;

/** dynalite in a thread of its own. */
export interface DynaliteThread {
  /** Throws AwsError with DynamoDB's code; InternalServerError when the thread died under the operation. */
  run(name: OperationName, input: OperationInput): Promise<unknown>;
  /** Lets running operations finish, closes the database and ends the thread. */
  close(): Promise<void>;
}

/**
 * Starts dynalite in a thread. On some malformed requests it throws from a callback, which would end the
 * process; here it ends the thread, requests in flight get a 500, and the next one starts another thread.
 * Throws USAGE when another process has the database open.
 */
export async function startDynaliteThread(stateDir: string): Promise<DynaliteThread> {
  let running: Promise<DynaliteThread> | null = null;
  let isClosed = false;
  const start = (): Promise<DynaliteThread> => {
    const starting = launch(stateDir, () => {
      if (running === starting) running = null;
    });
    running = starting;
    return starting;
  };
  await start();
  return {
    async run(name, input) {
      if (isClosed) {
        throw new AwsError('ServiceUnavailable', 'the local cloud is stopping', 503);
      }
      const thread = await (running ?? start());
      return thread.run(name, input);
    },
    async close() {
      isClosed = true;
      const thread = await running;
      await thread?.close();
    },
  };
}

interface PendingCall {
  readonly promise: Promise<unknown>;
  resolve(output: unknown): void;
  reject(error: Error): void;
}

function launch(stateDir: string, onExit: () => void): Promise<DynaliteThread> {
  const worker = new Worker(new URL('./dynalite-worker.ts', import.meta.url), {
    workerData: stateDir,
  });
  const pending = new Map<number, PendingCall>();
  const opened = Promise.withResolvers<DynaliteThread>();
  const exited = Promise.withResolvers<void>();
  let failure = new AwsError('InternalServerError', 'the DynamoDB thread ended', 500);
  worker.on('error', (error: Error) => {
    failure = new AwsError('InternalServerError', `dynalite failed: ${error.message}`, 500);
  });
  worker.on('exit', () => {
    onExit();
    opened.reject(failure);
    for (const call of pending.values()) call.reject(failure);
    exited.resolve();
  });
  worker.on('message', (reply: WorkerReply) => {
    if (reply.kind === 'ready')
      opened.resolve(threadOn(worker, { pending, exited: exited.promise }));
    else if (reply.kind === 'open-failed') opened.reject(openError(reply, stateDir));
    else settle(pending, reply);
  });
  return opened.promise;
}

function threadOn(
  worker: Worker,
  state: { readonly pending: Map<number, PendingCall>; readonly exited: Promise<void> },
): DynaliteThread {
  const { pending, exited } = state;
  const post = (request: WorkerRequest): void => worker.postMessage(request);
  let lastId = 0;
  return {
    run(name, input) {
      lastId += 1;
      const id = lastId;
      const call = Promise.withResolvers<unknown>();
      pending.set(id, call);
      post({ kind: 'run', id, name, input });
      return call.promise;
    },
    async close() {
      await Promise.allSettled([...pending.values()].map((call) => call.promise));
      post({ kind: 'close' });
      await exited;
    },
  };
}

function settle(
  pending: Map<number, PendingCall>,
  reply: Extract<WorkerReply, { kind: 'output' | 'failure' }>,
): void {
  const call = pending.get(reply.id);
  pending.delete(reply.id);
  if (reply.kind === 'output') call?.resolve(reply.output);
  else call?.reject(new AwsError(reply.code, reply.message, reply.status));
}

function openError(
  reply: Extract<WorkerReply, { kind: 'open-failed' }>,
  stateDir: string,
): SluiceError {
  if (reply.code === 'LEVEL_LOCKED') {
    return new SluiceError(
      'USAGE',
      `state folder ${stateDir} is open in another process, expected it to be free; stop the other local cloud or choose another folder`,
    );
  }
  return new SluiceError(
    'FORMAT_CORRUPT',
    `the DynamoDB database in ${stateDir} cannot be opened: ${reply.message}; restore the state folder from a copy or remove it`,
  );
}
