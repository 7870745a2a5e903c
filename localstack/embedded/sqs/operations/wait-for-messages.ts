import type { Queue } from '../queue.ts';
import type { QueueStore } from '../queue-store.ts';
import { type ReceivedMessage, type ReceiveOptions, receive } from './receive.ts';

/** The longest that is slept without a look at the clock. */
const MAX_SLEEP_MS = 20_000;

/** As `receive`, waiting for the first message. Nothing is taken once the signal is aborted: nobody would get it. */
export async function waitForMessages(
  store: QueueStore,
  queue: Queue,
  options: ReceiveOptions & { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<readonly ReceivedMessage[]> {
  const deadlineMs = store.nowMs() + options.waitMs;
  for (;;) {
    if (options.signal.aborted) return [];
    // The queue may have been deleted meanwhile.
    const received = receive(store, store.require(queue.settings.name), options);
    if (received.length > 0) return received;
    const restMs = deadlineMs - store.nowMs();
    if (restMs <= 0) return [];
    const nextMs = queue.nextVisibleMs - store.nowMs();
    await sleepUntilVisible(
      queue,
      Math.min(restMs, Math.max(1, nextMs), MAX_SLEEP_MS),
      options.signal,
    );
  }
}

function sleepUntilVisible(queue: Queue, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stopListening();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const stopListening = queue.onVisible(done);
    signal.addEventListener('abort', done);
  });
}
