import { describe, expect, it } from 'vitest';
import { type CloudHealth, waitUntilDrained } from '#cli/local-cloud.ts';

const EMPTY = { endpoint: 'http://127.0.0.1:1', stacks: [], outputs: {}, delegates: {} };

/** A cloud whose health goes through the answers given, and stays at the last one. */
function cloudOf(...answers: readonly Pick<CloudHealth, 'pending' | 'checkpoints'>[]) {
  let call = 0;
  return {
    health: async (): Promise<CloudHealth> => {
      const answer = answers[Math.min(call++, answers.length - 1)]!;
      const { endpoint, stacks, outputs, delegates } = EMPTY;
      return { pid: 1, endpoint, stacks, outputs, delegates, ...answer };
    },
  };
}

const options = { signal: new AbortController().signal, onPoll: async () => {}, stallMs: 250 };

describe('waitUntilDrained', () => {
  it('waits as long as records are taken in', async () => {
    const moving = Array.from({ length: 6 }, (_, i) => ({
      pending: true,
      checkpoints: { 's/0': String(i) },
    }));
    await waitUntilDrained(cloudOf(...moving, { pending: false, checkpoints: {} }), options);
  });

  it('gives up with a sentence when records wait and nothing moves', async () => {
    const stuck = cloudOf({ pending: true, checkpoints: { 's/0': null } });
    await expect(waitUntilDrained(stuck, options)).rejects.toThrow(
      /taken in nothing for 0 s; look into its log/,
    );
  });

  it('ends when it is interrupted', async () => {
    const stuck = cloudOf({ pending: true, checkpoints: {} });
    await waitUntilDrained(stuck, { ...options, signal: AbortSignal.abort() });
  });
});
