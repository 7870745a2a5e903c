import { describe, expect, it } from 'vitest';
import { runLedger } from '#cli/ledger/run-ledger.ts';
import type { FunctionInvoker, FunctionResult } from '#ports/function-invoker.ts';

const ANSWER = {
  domain: 'market',
  entries: 3,
  complete: true,
  streams: [],
  unbalancedEvents: 0,
  holeEvents: 0,
  lagSeconds: 0.5,
  problems: ['found'],
  notes: [],
};

/** Answers one after the other. */
function functionsWith(...results: readonly (FunctionResult | typeof ANSWER)[]) {
  const calls: (readonly [string, string])[] = [];
  const left = [...results];
  const functions: FunctionInvoker = {
    listFunctions: async () => [],
    invoke: async (name, event) => {
      calls.push([name, event]);
      const next = left.shift();
      if (next === undefined) throw new Error('no answer is left');
      if ('payload' in next) return next;
      return { payload: JSON.stringify(next), failed: false, logTail: '' };
    },
  };
  return { functions, calls };
}

describe('runLedger', () => {
  it('invokes until everything is booked and adds the entries up', async () => {
    const { functions, calls } = functionsWith({ ...ANSWER, complete: false }, ANSWER);
    expect(await runLedger(functions, 'ledger', { standstill: true })).toEqual({
      ...ANSWER,
      entries: 6,
    });
    expect(calls).toEqual([
      ['ledger', '{"standstill":true}'],
      ['ledger', '{"standstill":true}'],
    ]);
  });

  it('invokes again after a crash, since booking twice changes nothing', async () => {
    const crash = { payload: '{"errorType":"Runtime.ExitError"}', failed: true, logTail: '' };
    const { functions, calls } = functionsWith(crash, crash, ANSWER);
    expect(await runLedger(functions, 'ledger', {})).toEqual(ANSWER);
    expect(calls).toHaveLength(3);
  });

  it.each<[string, FunctionResult]>([
    ['a failure', { payload: '{"errorMessage":"boom"}', failed: true, logTail: '' }],
    ['an answer that is none', { payload: 'boom', failed: false, logTail: '' }],
    ['another answer', { payload: '{"boom":1}', failed: false, logTail: '' }],
  ])('throws with the words of %s', async (_, result) => {
    const { functions } = functionsWith(result, result, result);
    await expect(runLedger(functions, 'ledger', {})).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringMatching(/ledger failed: .*boom.*sluice logs ledger/),
    });
  });
});
