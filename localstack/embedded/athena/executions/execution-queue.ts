/** Why the jobs of a queue that is closed are aborted. */
export const QUEUE_CLOSED = new Error('the queue is closed');

/** Runs jobs in the order they come, a few at a time. */
export interface ExecutionQueue {
  /** Starts the job when there is room. */
  add(id: string, job: (signal: AbortSignal) => Promise<void>): void;
  /** Drops a waiting job, or aborts a running one. False when there is no such job. */
  cancel(id: string): 'waiting' | 'running' | null;
  /** Drops what waits, aborts what runs, and resolves when nothing runs any more. */
  close(): Promise<void>;
}

export function createExecutionQueue(concurrency: number): ExecutionQueue {
  const waiting: { readonly id: string; readonly job: (signal: AbortSignal) => Promise<void> }[] =
    [];
  const running = new Map<
    string,
    { readonly abort: AbortController; readonly done: Promise<void> }
  >();
  const startNext = (): void => {
    while (running.size < concurrency) {
      const next = waiting.shift();
      if (next === undefined) return;
      const abort = new AbortController();
      const done = next
        .job(abort.signal)
        // A job records its own failure. Where that fails too, its record is mended at the next start.
        .catch(() => {})
        .finally(() => {
          running.delete(next.id);
          startNext();
        });
      running.set(next.id, { abort, done });
    }
  };
  return {
    add(id, job) {
      waiting.push({ id, job });
      // Not in this call: the caller records the state QUEUED first.
      setImmediate(startNext);
    },
    cancel(id) {
      const at = waiting.findIndex((item) => item.id === id);
      if (at >= 0) {
        waiting.splice(at, 1);
        return 'waiting';
      }
      const job = running.get(id);
      job?.abort.abort(new Error('cancelled'));
      return job === undefined ? null : 'running';
    },
    async close() {
      waiting.length = 0;
      const jobs = [...running.values()];
      for (const job of jobs) job.abort.abort(QUEUE_CLOSED);
      await Promise.allSettled(jobs.map((job) => job.done));
    },
  };
}
