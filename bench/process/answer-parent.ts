/** Messages between a benchmark and its children, over Node's IPC channel. */
export type ToChild = { readonly request: unknown } | { readonly go: true };
export type ToParent = { readonly ready: true } | { readonly measured: unknown };

/**
 * Takes the parent's request, answers with what is measured, and ends. `ready` resolves when all children of
 * the measurement have called it: until then none begins what counts. What fails here ends the process with
 * status 1 and its stack on stderr.
 */
export async function answerParent<Request>(
  measure: (request: Request, ready: () => Promise<void>) => Promise<unknown>,
): Promise<void> {
  const first = await nextMessage();
  if (!('request' in first)) throw new Error('expected a request from the parent');
  const measured = await measure(first.request as Request, async () => {
    const go = nextMessage();
    tell({ ready: true });
    await go;
  });
  tell({ measured });
  process.disconnect();
}

function nextMessage(): Promise<ToChild> {
  return new Promise((resolve) => process.once('message', (message: ToChild) => resolve(message)));
}

function tell(message: ToParent): void {
  if (process.send === undefined) throw new Error('expected to be started by a benchmark');
  process.send(message);
}
