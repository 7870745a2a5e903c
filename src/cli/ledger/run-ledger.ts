import { z } from 'zod';
import { SluiceError } from '#core/errors.ts';
import type { FunctionInvoker } from '#ports/function-invoker.ts';
import type { LedgerEvent } from '#runtime/ledger.ts';

const count = z.int();
const ledgerRun = z.object({
  domain: z.string(),
  entries: count,
  complete: z.boolean(),
  streams: z.array(
    z.object({
      stream: z.string(),
      received: count,
      acknowledged: count,
      committed: count,
      rejected: count,
      deduplicated: count,
      deadLettered: count,
      late: count,
      inFlight: count,
      unbalanced: count,
    }),
  ),
  unbalancedEvents: count,
  holeEvents: count,
  lagSeconds: z.number(),
  problems: z.array(z.string()),
  notes: z.array(z.string()),
});
export type LedgerRunAnswer = z.infer<typeof ledgerRun>;

/** As often as Lambda tries an asynchronous event. */
const MAX_ATTEMPTS = 3;

/**
 * Invokes a domain's ledger function until it has booked everything there is or gets no further, and returns the
 * last answer with the entries of all. A run that fails is repeated: booking twice changes nothing. Throws
 * SOURCE_UNAVAILABLE with the function's words when it fails again and again.
 */
export async function runLedger(
  functions: FunctionInvoker,
  functionName: string,
  event: LedgerEvent,
): Promise<LedgerRunAnswer> {
  let entries = 0;
  for (;;) {
    const answer = await invokeOnce(functions, functionName, event);
    entries += answer.entries;
    if (answer.complete || answer.entries === 0) return { ...answer, entries };
  }
}

async function invokeOnce(
  functions: FunctionInvoker,
  functionName: string,
  event: LedgerEvent,
): Promise<LedgerRunAnswer> {
  let result = await functions.invoke(functionName, JSON.stringify(event));
  for (let attempt = 1; result.failed && attempt < MAX_ATTEMPTS; attempt++) {
    result = await functions.invoke(functionName, JSON.stringify(event));
  }
  const { payload, failed } = result;
  const answer = failed ? undefined : ledgerRun.safeParse(parseJson(payload)).data;
  if (answer !== undefined) return answer;
  throw new SluiceError(
    'SOURCE_UNAVAILABLE',
    `the ledger function ${functionName} failed: ${payload.slice(0, 500)}; look into its log (sluice logs ${functionName})`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
